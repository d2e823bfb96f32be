"""The dashboard in a real browser, as somebody with a link uses it: with the mouse, with the keys, on a phone, in the dark."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable, Iterator
from io import BytesIO, StringIO

import pytest
from axe_playwright_python.sync_playwright import Axe
from openpyxl import load_workbook
from playwright.sync_api import (
    Browser,
    Locator,
    Page,
    Request,
    Route,
    StorageState,
    ViewportSize,
    expect,
    sync_playwright,
)

from contact_pipeline_tests.e2e.served_dashboard import (
    BIDI,
    CUSTOM_HEADER,
    FORMULA,
    MARKUP,
    OWNERS,
    ServedDashboard,
    lead_row,
    served_dashboard,
)

CHROMIUM = shutil.which("chromium")
SMALL_SCREEN: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
_QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium: apt-get install chromium"),
]

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedDashboard]:
    with served_dashboard(tmp_path_factory.mktemp("dashboard")) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=_QUIET)
        yield started
        started.close()


@pytest.fixture(scope="module")
def session(dashboard: ServedDashboard, browser: Browser) -> StorageState:
    """What a browser keeps that opened a link to everybody."""
    page = browser.new_page()
    page.goto(dashboard.link())
    page.wait_for_url(f"{dashboard.address}/")
    return page.context.storage_state()


@pytest.fixture
def opened(dashboard: ServedDashboard, browser: Browser, session: StorageState) -> Iterator[Open]:
    """Opens a page in a browser of its own, or a link; no page may complain, or ask anybody but the dashboard."""
    complaints: list[str] = []
    elsewhere: list[str] = []
    contexts = []

    def heard(request: Request) -> None:
        if not request.url.startswith((dashboard.address, "data:", "blob:")):
            elsewhere.append(request.url)

    def made(link: str = "", path: str = "/", screen: ViewportSize = SMALL_SCREEN, **options: object) -> Page:
        state = None if link else session
        context = browser.new_context(viewport=screen, reduced_motion="reduce", storage_state=state, **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", heard)
        if link:
            page.goto(link)
            page.wait_for_url(f"{dashboard.address}/")
        if path != "/" or not link:
            page.goto(dashboard.address + path)
        page.complaints = complaints  # type: ignore[attr-defined]
        return page

    yield made
    for context in contexts:
        context.close()
    assert not complaints
    assert not elsewhere


def rows(page: Page) -> Locator:
    return page.locator(".rows tbody tr")


def found(page: Page) -> int:
    """How many leads the page says there are."""
    return int((page.locator(".list-head p b").first.text_content() or "").replace(",", ""))


def names(page: Page) -> list[str]:
    return page.locator("a.lead").all_text_contents()


def test_a_link_opens_on_ten_leads_to_call_each_with_why_and_what_to_do(
    opened: Open, dashboard: ServedDashboard
) -> None:
    page = opened(dashboard.link())
    for place in range(10):
        row = rows(page).nth(place)
        box = row.bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= SMALL_SCREEN["height"]
        expect(row.locator(".c-score")).to_contain_text("Hot")
        expect(row.locator(".c-why .reason").first).to_be_in_viewport(ratio=1)
        expect(row.locator(".c-action bdi").first).to_be_in_viewport(ratio=1)
        expect(row.locator(".c-action bdi").first).not_to_be_empty()
    assert "Olga Optout" not in names(page)


def test_filters_work_together_stand_in_the_address_and_go_back_step_by_step(opened: Open) -> None:
    page = opened()
    everybody = found(page)
    retail = page.locator(".value a", has_text="Retail")
    expected = int(retail.locator(".quiet").text_content() or "")
    retail.click()
    expect(page.locator(".chip")).to_have_text(re.compile("Industry: Retail"))
    assert found(page) == expected < everybody
    assert page.url.endswith("/?industry=Retail")
    page.locator(".card.hot a").click()
    expect(page.locator(".chip")).to_have_count(2)
    assert set(page.locator(".c-score .two").all_text_contents()) == {"Hot "}
    assert set(page.locator(".c-company .two").all_text_contents()) == {"Retail"}
    page.locator(".value a", has_text="Software").click()  # a filter leaves its own choice aside
    expect(page.locator(".chip")).to_have_count(3)
    page.go_back()
    page.go_back()
    expect(page.locator(".chip")).to_have_count(1)
    assert found(page) == expected
    page.get_by_role("link", name="Clear all").click()
    expect(page.locator(".chip")).to_have_count(0)
    assert (found(page), page.url.rsplit("/", 1)[1]) == (everybody, "")


def test_a_bar_of_the_histogram_and_the_range_of_scores_are_filters(opened: Open) -> None:
    page = opened()
    bar = page.locator(".histogram li", has=page.locator("rect")).last
    leads = int(re.findall(r": (\d+) lead", bar.locator("a").get_attribute("aria-label") or "")[0])
    bar.locator("a").click()
    expect(page.locator(".chip")).to_have_count(1)
    assert found(page) == leads
    page.locator(".histogram li.chosen a").click()
    expect(page.locator(".chip")).to_have_count(0)
    page.get_by_text("Score range").click()
    page.get_by_label("From").fill("30")
    page.get_by_label("to", exact=True).fill("60")
    page.get_by_role("button", name="Set").click()
    expect(page.locator(".chip")).to_have_text(re.compile("Score: 30 to 60"))
    assert page.url.endswith("?score=30-60")
    scores = [float(text) for text in page.locator(".c-score .pill").all_text_contents()]
    assert scores
    assert all(30 <= score <= 60 for score in scores)


def test_a_header_sorts_and_says_so(opened: Open) -> None:
    page = opened()
    for expected in ("ascending", "descending"):
        page.locator("th.c-company a").click()
        expect(page.locator("th.c-company")).to_have_attribute("aria-sort", expected)
        companies = [text.casefold() for text in page.locator(".c-company .one").all_text_contents()]
        assert companies == sorted(companies, reverse=expected == "descending")
        expect(page.locator("th.c-company a")).to_be_focused()
    page.locator("th.c-company a").click()
    expect(page.locator("th[aria-sort]")).to_have_count(0)


def test_a_search_narrows_while_typing_and_never_stands_in_the_address(opened: Open) -> None:
    page = opened()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.press("/")
    page.keyboard.type("person30")
    expect(page.locator(".chip")).to_have_text(re.compile("Search: person30"))
    expect(page.get_by_role("searchbox")).to_be_focused()
    assert sorted(names(page)) == ["Person 030", *(f"Person 30{digit}" for digit in range(10))]
    page.get_by_role("link", name="Skip to content").press("Enter")
    expect(page.locator("main")).to_be_focused()
    expect(rows(page)).to_have_count(11)
    page.locator(".card.cold button").click()  # a filter keeps the search
    expect(page.locator(".chip")).to_have_count(2)
    assert set(names(page)) < {"Person 030", *(f"Person 30{digit}" for digit in range(10))}
    page.go_back()
    expect(rows(page)).to_have_count(11)
    page.reload()
    expect(rows(page)).to_have_count(11)
    assert not [address for address in asked if "person" in address.lower()]


def test_a_lead_opens_beside_the_list_takes_the_focus_and_gives_it_back(opened: Open) -> None:
    page = opened()
    first, second = names(page)[:2]
    rows(page).first.locator(".c-why").click()
    panel = page.get_by_role("complementary", name="Lead")
    expect(panel.get_by_role("heading", name=first, exact=True)).to_be_focused()
    assert re.search(r"/lead/\w+$", page.url)
    for text in ("Why this score", "past leads converted", "Score breakdown", "Chance to convert", "History"):
        expect(panel).to_contain_text(text)
    expect(panel.locator("a[href^='mailto:']")).to_have_count(1)
    expect(panel.locator("a[href^='tel:']")).to_have_count(1)
    panel.get_by_role("link", name="Where each value came from").click()
    expect(panel.locator("#sources")).to_contain_text("leads.csv, line")
    panel.get_by_role("button", name="Lead after").click()
    expect(panel.get_by_role("heading", name=second, exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.get_by_role("link", name=second, exact=True)).to_be_focused()
    page.go_back()
    expect(panel.get_by_role("heading", name=second, exact=True)).to_be_visible()
    page.go_back()
    expect(panel).to_be_hidden()
    page.go_forward()
    page.reload()  # the address is that of a page of its own
    expect(page.get_by_role("link", name="Back to the list")).to_be_visible()
    page.go_back()
    expect(page.locator("a.lead").first).to_have_text(first)


def test_what_was_searched_for_last_counts_however_slow_the_answer_to_the_one_before(opened: Open) -> None:
    page = opened()
    before = names(page)
    held: list[Route] = []
    page.route("**/", lambda route: held.append(route) if route.request.method == "POST" else route.continue_())
    with page.expect_request(lambda request: request.post_data == "q=person30"):
        page.get_by_role("searchbox").fill("person30")
    with page.expect_response(lambda response: response.request.method == "GET"):
        page.get_by_role("searchbox").fill("")
    expect(page.locator("#view:not([aria-busy])")).to_be_visible()
    assert len(held) == 1
    assert names(page) == before


def test_keys_move_through_the_list_open_a_lead_and_turn_the_page(opened: Open) -> None:
    page = opened()
    listed = names(page)
    for key in ("j", "j", "k", "j"):
        page.keyboard.press(key)
    expect(page.get_by_role("link", name=listed[1], exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#lead-name")).to_have_text(listed[1])
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.locator(".pager p")).to_contain_text("51–100")
    page.keyboard.press("p")
    expect(page.locator(".pager p")).to_contain_text("1–50")
    assert names(page) == listed


def test_everything_works_by_links_and_forms_where_scripts_are_switched_off(
    opened: Open,
) -> None:
    page = opened(java_script_enabled=False)
    page.get_by_role("searchbox").fill("person30")
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(11)
    page.locator(".card.cold button").click()
    expect(page.locator(".chip")).to_have_count(2)
    page.locator("a.lead").first.click()
    expect(page.locator("#lead")).to_contain_text("Why this score")
    page.get_by_role("link", name="Where each value came from").click()
    expect(page.locator("#sources")).to_contain_text("leads.csv")


def test_an_export_holds_the_leads_of_the_view_in_its_order(opened: Open) -> None:
    page = opened(path="/?category=Hot&sort=company")
    shown = names(page)
    with page.expect_download() as csv_download:
        page.get_by_role("button", name="Export CSV").click()
    with page.expect_download() as xlsx_download:
        page.get_by_role("button", name="Export XLSX").click()
    assert csv_download.value.suggested_filename.startswith("leads_")
    lines = list(csv.DictReader(StringIO(csv_download.value.path().read_text("utf-8-sig"))))
    assert [line["Full Name"] for line in lines] == shown
    sheet = load_workbook(BytesIO(xlsx_download.value.path().read_bytes())).active
    assert sheet is not None
    header, *cells = sheet.iter_rows(values_only=True)
    assert [line[header.index("Full Name")] for line in cells] == shown
    assert header == tuple(lines[0])


def test_a_view_is_kept_under_a_name_for_the_link(opened: Open, dashboard: ServedDashboard) -> None:
    link = dashboard.link()
    page = opened(link, path="/?industry=Retail&sort=-score")
    page.get_by_text("Named views").click()
    page.get_by_label("Name of this view").fill("Retail <b>first</b>")
    page.get_by_role("button", name="Save").click()
    page.goto(dashboard.address)
    page.get_by_role("link", name="Retail <b>first</b>").click()
    expect(page.locator(".chip")).to_have_text(re.compile("Industry: Retail"))
    assert page.url.endswith("/?industry=Retail&sort=-score")
    page.get_by_role("button", name="Delete the view").click()
    expect(page.locator(".saved")).to_have_count(0)


def test_names_companies_and_custom_values_of_strangers_show_as_text(opened: Open) -> None:
    page = opened()
    for search, texts in (
        ("mark up", (MARKUP,)),
        ("for mula", (FORMULA, "@SUM(A1)", "=1+1")),
        ("bi di", ("-2+3", "{{ 7*7 }}", BIDI)),
    ):
        page.get_by_role("searchbox").fill(search)
        expect(page.locator(".chip")).to_have_text(re.compile(f"Search: {search}"))
        page.locator("a.lead").click()
        lead = page.locator("#lead")
        expect(lead.locator("#lead-name")).to_have_text(search.title())
        for text in texts:
            expect(lead.get_by_text(text, exact=True).first).to_be_visible()
        expect(lead.locator("dt", has_text=CUSTOM_HEADER).first).to_be_visible()
        assert not lead.locator("a[href^='javascript']").count()
        page.keyboard.press("Escape")
    assert not page.locator("img, script:not([src])").count()
    assert "stolen" not in page.title()


def test_who_opted_out_is_shown_with_a_warning_and_no_way_to_write_or_call(opened: Open) -> None:
    page = opened()
    page.get_by_role("searchbox").fill("olga")
    expect(rows(page)).to_have_count(1)
    page.locator("a.lead").click()
    lead = page.locator("#lead")
    expect(lead.locator(".notice")).to_contain_text("Opted out")
    expect(lead).to_contain_text("person403@firm43.example")
    assert not lead.locator("a[href^='mailto:'], a[href^='tel:'], a[href^='http']").count()


def test_a_limited_link_shows_its_leads_and_no_page_about_everybody(opened: Open, dashboard: ServedDashboard) -> None:
    everybody = found(opened())
    page = opened(dashboard.link({"owner": (OWNERS[0],)}))
    assert 0 < found(page) < everybody
    assert page.locator(".tabs a").all_text_contents() == ["Leads", "Insights", "Playbook"]
    expect(page.locator("#run")).not_to_contain_text("AUC")
    open_lead(page)
    expect(page.locator("#lead-why + ul")).not_to_be_empty()
    for number_over_all in ("past leads converted", "of all leads"):
        expect(page.locator("#lead")).not_to_contain_text(number_over_all)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").dispatch_event("click")
    lines = list(csv.DictReader(StringIO(download.value.path().read_text("utf-8-sig"))))
    assert len(lines) == found(page)
    assert any(line["Key Factors"] for line in lines)
    assert not [line for line in lines if "past leads converted" in line["Key Factors"]]


def test_new_scores_show_at_the_next_click_and_it_is_said(opened: Open, dashboard: ServedDashboard) -> None:
    page = opened()
    before = found(page)
    dashboard.bring("more.csv", [{**lead_row(900), "Full Name": "Nora Newcomer"}])
    page.locator(".card.hot a").click()
    expect(page.locator(".toast")).to_contain_text("New scores are here")
    page.locator(".card.hot a").click()
    expect(page.locator(".chip")).to_have_count(0)
    assert found(page) == before + 1


def test_an_open_page_of_a_withdrawn_link_says_so_at_the_next_click(opened: Open, dashboard: ServedDashboard) -> None:
    link, token = dashboard.links.make("Former partner", 14, {})
    page = opened(f"{dashboard.address}/open#{token}")
    listed = names(page)
    dashboard.links.revoke([link.link_id])
    page.locator(".card.hot a").click()
    expect(page.locator(".toast")).to_contain_text("withdrawn")
    assert names(page) == listed
    page.reload()
    expect(page.get_by_role("heading")).to_contain_text("withdrawn")
    _forget_refusals(page)


def test_an_expired_link_opens_nothing(browser: Browser, dashboard: ServedDashboard) -> None:
    page = browser.new_page()
    page.goto(dashboard.link(made_days_ago=8))
    expect(page.get_by_role("heading")).to_contain_text("expired")
    page.goto(dashboard.address)
    expect(page.get_by_role("heading")).to_contain_text("Open your link")
    page.close()


def test_without_a_connection_the_page_stays_and_says_so(opened: Open) -> None:
    page = opened()
    listed = names(page)
    page.context.set_offline(True)
    page.locator(".card.hot a").click()
    expect(page.locator(".toast")).to_contain_text("No connection")
    assert names(page) == listed
    page.context.set_offline(False)
    page.locator(".card.hot a").click()
    expect(page.locator(".chip")).to_have_count(1)
    _forget_refusals(page)


def _forget_refusals(page: Page) -> None:
    """A browser tells of every refused request; here that is what is tested."""
    complaints: list[str] = page.complaints  # type: ignore[attr-defined]
    assert all("Failed to load resource" in one for one in complaints)
    complaints.clear()


def open_lead(page: Page) -> None:
    page.locator("a.lead").first.click()
    expect(page.locator("#lead")).to_be_visible()


def open_filters(page: Page) -> None:
    page.locator("label[for=show-filters]").click()
    expect(page.locator(".filters")).to_be_visible()


STATES = {
    "list": (SMALL_SCREEN, "light", "/", None),
    "filtered, in the dark": (SMALL_SCREEN, "dark", "/?category=Hot&industry=Retail&sort=company", None),
    "lead": (SMALL_SCREEN, "light", "/", open_lead),
    "lead in the dark": (SMALL_SCREEN, "dark", "/", open_lead),
    "phone": (PHONE, "light", "/?category=Warm", open_filters),
    "nothing found": (SMALL_SCREEN, "light", "/?score=100-100&category=Cold", None),
}


@pytest.mark.parametrize("state", STATES)
def test_who_cannot_see_or_use_a_mouse_can_use_it(opened: Open, state: str) -> None:
    screen, scheme, path, do = STATES[state]
    page = opened(path=path, screen=screen, color_scheme=scheme)
    if do:
        do(page)
    results = Axe().run(page)
    assert not results.response["violations"], results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the screen"


def test_pages_without_a_list_take_the_same_care(opened: Open, dashboard: ServedDashboard) -> None:
    """A lead as a page of its own, and where its values came from."""
    page = opened()
    address = page.locator("a.lead").first.get_attribute("href")
    for path in (f"{address}", f"{address}/sources", "/filter/country"):
        page.goto(dashboard.address + path)
        assert page.get_by_role("heading", level=1).count() == 1
        results = Axe().run(page)
        assert not results.response["violations"], results.generate_report()
