"""Insights, Playbook, Model and Imports in a real browser: readable by everybody, and each number leads to its leads."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from contact_pipeline import handover
from contact_pipeline_tests.e2e.served_dashboard import CUSTOM_HEADER, ServedDashboard, served_dashboard

CHROMIUM = shutil.which("chromium")
WIDE: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
TABS = ("/insights", "/playbook", "/model", "/imports")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedDashboard]:
    with served_dashboard(tmp_path_factory.mktemp("tabs")) as made:
        handover.write_reports(made.home, None)
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet)
        yield started
        started.close()


@pytest.fixture
def page(dashboard: ServedDashboard, browser: Browser) -> Iterator[Page]:
    """A page on which a link was opened; it may not complain, or ask anybody but the dashboard."""
    complaints: list[str] = []
    elsewhere: list[str] = []
    context = browser.new_context(viewport=WIDE, reduced_motion="reduce")
    made = context.new_page()
    made.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    made.on("pageerror", lambda error: complaints.append(str(error)))
    made.on("request", lambda request: elsewhere.append(request.url))
    made.goto(dashboard.link())
    made.wait_for_url(f"{dashboard.address}/")
    yield made
    context.close()
    assert not complaints
    assert not [url for url in elsewhere if not url.startswith(dashboard.address)]


@pytest.mark.parametrize(("screen", "scheme"), [(WIDE, "light"), (PHONE, "dark")])
def test_the_tabs_have_no_barrier_and_fit_the_screen(
    page: Page, dashboard: ServedDashboard, screen: ViewportSize, scheme: str
) -> None:
    page.set_viewport_size(screen)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    paths = list(TABS)
    while paths:
        page.goto(dashboard.address + paths.pop(0))
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        results = Axe().run(page)
        assert not results.response["violations"], results.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
        if page.url.endswith("/imports"):
            paths.append(page.locator("tbody a").first.get_attribute("href") or "")


def test_a_bar_and_a_move_lead_to_the_leads_behind_them(page: Page, dashboard: ServedDashboard) -> None:
    for link in (".chart.wide a[href*='industry=']", ".chart.wide a[href*='score=']", "td a[href*='movement=New']"):
        page.goto(f"{dashboard.address}/insights")
        bar = page.locator(link).first
        said = re.findall(r": ([\d,]+) leads?", bar.get_attribute("aria-label") or "")
        bar.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".list-head p b").first).to_have_text(said[0])


def test_an_import_is_shown_as_text_and_its_report_is_saved_and_not_opened(page: Page) -> None:
    page.get_by_role("link", name="Imports").click()
    page.get_by_role("link", name="leads.csv", exact=True).click()
    expect(page.get_by_role("rowheader", name=CUSTOM_HEADER)).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Report").click()
    assert download.value.suggested_filename == "report.html"
    assert "<h1>Lead report</h1>" in download.value.path().read_text(encoding="utf-8")
    assert page.title() == "Import · Contact pipeline"


def test_a_limited_link_has_neither_model_nor_imports(browser: Browser, dashboard: ServedDashboard) -> None:
    context = browser.new_context()
    limited = context.new_page()
    limited.goto(dashboard.link({"country": ("DE",)}))
    limited.wait_for_url(f"{dashboard.address}/")
    assert limited.locator(".tabs a").all_text_contents() == ["Leads", "Insights", "Playbook"]
    for path in ("/model", "/imports", "/files/report.html"):
        answer = limited.goto(dashboard.address + path)
        assert answer is not None
        assert answer.status == 404
    context.close()
