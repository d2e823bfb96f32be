"""Nobody without a link that holds gets anything, whatever they ask for and however; and what every answer carries."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path
from traceback import format_exception
from urllib.parse import quote, unquote_plus, urlencode

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message

from contact_pipeline import dashboard
from contact_pipeline.dashboard.app import build_app
from contact_pipeline.dashboard.links import Links
from contact_pipeline.dashboard.posting import BODY_BYTES
from contact_pipeline.dashboard.reader import Snapshots
from contact_pipeline.dashboard.safe_headers import CONTENT_SECURITY_POLICY, AnswerBroken
from contact_pipeline.dashboard.snapshot import publish_snapshot
from contact_pipeline.dashboard.static_files import static_address
from contact_pipeline.home import Home
from contact_pipeline.settings import DashboardSettings, Settings
from contact_pipeline_tests.e2e.small_home import SmallHome
from contact_pipeline_tests.unit.dashboard.opened import ADDRESS, Hands, client_of, inline_parts, opened_client

PACKAGE = Path(dashboard.__path__[0])
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CANARY = "Quetzalcoatlus"
PUBLIC = {"/open", "/static/open.js"}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with published leads, one of whom has a name that stands nowhere else."""
    small = SmallHome(tmp_path_factory.mktemp("filled"))
    rows = [f"{CANARY.lower()}{n}@example.com,{CANARY},Jones,{CANARY} Ltd,{CANARY} Owner" for n in range(3)]
    small.take("Email,First Name,Last Name,Company,Owner", *rows)
    publish_snapshot(small.home)
    return small.home


@dataclass
class Visitor:
    """Somebody without a link that holds, and what they must be answered."""

    status: int
    client: TestClient


@pytest.fixture(scope="module")
def visitors(filled: Home) -> dict[str, Visitor]:
    clock = Hands()
    never, strange = client_of(filled, clock), client_of(filled, clock)
    strange.cookies.set("leads", "x" * 43)
    left, ended = opened_client(filled, clock=clock), opened_client(filled, clock=clock)
    revoked, expired = opened_client(filled, days=1, clock=clock), opened_client(filled, days=0.1, clock=clock)
    secret = left.cookies["leads"]
    left.post("/leave")
    left.cookies.set("leads", secret)
    links = Links(filled, clock)
    links.revoke([link.link_id for link in links.all() if link.expires_at - link.created_at == timedelta(days=1)])
    clock.move(hours=9)
    return {
        "no cookie": Visitor(401, never),
        "a cookie of nobody": Visitor(401, strange),
        "a session that was left": Visitor(401, left),
        "a session that ended": Visitor(401, ended),
        "a revoked link": Visitor(403, revoked),
        "an expired link": Visitor(403, expired),
    }


VISITORS = ["no cookie", "a cookie of nobody", "a session that was left", "a session that ended"]
VISITORS += ["a revoked link", "an expired link"]


@pytest.fixture(scope="module")
def contact_id(filled: Home) -> str:
    with closing(Snapshots(filled).current().connection()) as connection:
        return str(connection.execute("SELECT contact_id FROM leads LIMIT 1").fetchall()[0][0])


@pytest.fixture(scope="module")
def client(filled: Home) -> TestClient:
    return opened_client(filled)


def _paths(routes: Sequence[BaseRoute], values: dict[str, str], below: str = "") -> Iterator[tuple[str, str]]:
    """Method and path of every route, with real values in place of its parameters."""
    for route in routes:
        if isinstance(route, Mount):
            yield from _paths(route.routes or [], values, below + route.path)
            yield "GET", f"{below}{route.path}/anything"
            continue
        assert isinstance(route, Route), f"{route} is of a kind that this test does not know"
        path = re.sub(r"\{(\w+)(?::\w+)?\}", lambda match: values.get(match[1], "anything"), below + route.path)
        yield from ((method, path) for method in sorted(route.methods or {"GET", "POST"}))


def _everything(client: TestClient, contact_id: str) -> list[tuple[str, str]]:
    files = [("GET", static_address(file.name)) for file in (PACKAGE / "static").iterdir()]
    routes = client.app.routes  # type: ignore[attr-defined]
    return [*_paths(routes, {"contact_id": contact_id, "name": "style.css"}), *files, ("GET", "/favicon.ico")]


def test_the_walk_over_all_routes_meets_the_leads(filled: Home, contact_id: str) -> None:
    """Else the next tests say nothing: with a link, the same requests do show the lead."""
    client = opened_client(filled)
    walk = [(method, path) for method, path in _everything(client, contact_id) if path != "/leave"]
    shown = {path for method, path in walk if CANARY in client.request(method, path).text}
    assert {"/", f"/lead/{contact_id}"} <= shown


@pytest.mark.parametrize("who", VISITORS)
def test_every_route_download_and_static_file_refuses_without_a_link_that_holds(
    visitors: dict[str, Visitor], contact_id: str, who: str
) -> None:
    visitor = visitors[who]
    for method, path in _everything(visitor.client, contact_id):
        if path.partition("?")[0] not in PUBLIC:
            answer = visitor.client.request(method, path)
            assert answer.status_code == visitor.status, (method, path)
            assert CANARY.casefold() not in answer.text.casefold()


@given(
    path=st.text(st.characters(codec="utf-8", exclude_characters="?#"), max_size=30), method=st.sampled_from(METHODS)
)
@settings(max_examples=60)
def test_any_other_path_refuses_too(visitors: dict[str, Visitor], path: str, method: str) -> None:
    if f"/{path}" not in PUBLIC:
        answer = visitors["no cookie"].client.request(method, f"/{quote(path)}")
        assert answer.status_code == 401


@pytest.mark.parametrize(
    "spelled", ["//", "/./", "/open/../", "/static/open.js/../..", "/OPEN", "/open/", "/open%2f.."]
)
def test_no_other_spelling_of_a_public_path_gets_in(filled: Home, spelled: str) -> None:
    """The path is sent as it stands; a client would tidy it."""
    assert _raw_status(build_app(filled), spelled) == 401


@pytest.mark.parametrize("path", sorted(PUBLIC))
def test_what_is_open_to_anybody_is_the_same_for_everybody_and_names_nobody(filled: Home, path: str) -> None:
    stranger, guest = client_of(filled), opened_client(filled)
    assert stranger.get(path).status_code == 200
    assert stranger.get(path).content == guest.get(path).content
    assert CANARY not in stranger.get(path).text


def test_a_link_that_is_revoked_while_it_is_looked_at_refuses_the_next_click(filled: Home) -> None:
    clock = Hands()
    client = opened_client(filled, clock=clock)
    assert CANARY in client.get("/").text
    links = Links(filled, clock)
    links.revoke([link.link_id for link in links.all() if link.last_used_at == clock.now])
    answer = client.get("/")
    assert answer.status_code == 403
    assert "withdrawn" in answer.text


def test_a_session_outlives_the_server(filled: Home) -> None:
    client = opened_client(filled)
    other = client_of(filled)
    other.cookies.set("leads", client.cookies["leads"])
    assert CANARY in other.get("/").text


def test_a_scope_reaches_the_pages(filled: Home) -> None:
    client = opened_client(filled, {"owner": ("Nobody",)})
    assert CANARY not in client.get("/").text


def test_no_address_in_the_pages_names_anybody(client: TestClient, contact_id: str) -> None:
    """Owners are filters, and filters stand in addresses."""
    found = 0
    for path in ("/", f"/lead/{contact_id}", "/insights", "/playbook"):
        addresses = re.findall(r'(?:href|action|formaction|src)="([^"]*)"', client.get(path).text)
        found += sum("owner=" in address for address in addresses)
        assert not [
            one for one in addresses if CANARY.casefold() in unquote_plus(one).casefold() and "mailto:" not in one
        ]
    assert found


ANSWERS = ["/", "/open", "/static/open.js", "/nowhere", "/lead/nobody", "/?page=x", "/fails", "/static/style.css"]


@pytest.mark.parametrize("has_link", [True, False])
@pytest.mark.parametrize("path", ANSWERS)
def test_every_answer_has_the_safe_headers(filled: Home, path: str, *, has_link: bool) -> None:
    client = opened_client(filled) if has_link else client_of(filled)
    _add_failing_routes(client)
    for method in ("GET", "HEAD", "POST", "DELETE"):
        headers = client.request(method, path).headers
        assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "private, no-store"
        assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
        assert "noindex" in headers["x-robots-tag"]
        assert "strict-transport-security" not in headers


def test_the_policy_allows_nothing_inline_and_nobody_else() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("path", ["/", "/open", "/nowhere", "/?page=x"])
@pytest.mark.parametrize("has_link", [True, False])
def test_no_page_has_a_script_or_style_of_its_own(filled: Home, path: str, *, has_link: bool) -> None:
    client = opened_client(filled) if has_link else client_of(filled)
    assert inline_parts(client.get(path).text) == []


def test_a_static_file_is_kept_under_its_version_and_under_no_other(client: TestClient) -> None:
    kept = client.get(static_address("style.css"))
    assert (kept.status_code, kept.headers["cache-control"]) == (200, "private, max-age=31536000, immutable")
    assert kept.headers["content-type"].startswith("text/css")
    assert client.get("/static/style.css?v=old").headers["cache-control"] == "private, no-store"


def _fail(_: Request) -> Response:
    raise ValueError(f"this is about {CANARY}")


def _fail_midway(_: Request) -> Response:
    def parts() -> Iterator[str]:
        yield "begun"
        raise ValueError(f"this is about {CANARY}")

    return StreamingResponse(parts())


def _add_failing_routes(client: TestClient) -> None:
    routes = client.app.router.routes  # type: ignore[attr-defined]
    routes += [Route("/fails", _fail, methods=["GET", "POST", "DELETE"]), Route("/breaks", _fail_midway)]


def test_a_fault_is_a_page_without_its_words_and_a_line_in_the_log(
    filled: Home, caplog: pytest.LogCaptureFixture
) -> None:
    client = opened_client(filled)
    _add_failing_routes(client)
    answer = client.get("/fails?name=" + CANARY)
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "Traceback" not in answer.text
    assert CANARY not in answer.text
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert line.startswith("fault: ValueError at test_guard.py:")
    assert CANARY not in line


def test_a_fault_in_the_middle_of_an_answer_cuts_it_and_says_nothing(filled: Home) -> None:
    client = opened_client(filled)
    _add_failing_routes(client)
    with pytest.raises(AnswerBroken) as caught:
        client.get("/breaks")
    assert CANARY not in "".join(format_exception(caught.value))


def test_the_first_page_before_the_first_scoring_says_what_to_do(home: Home) -> None:
    answer = opened_client(home).get("/")
    assert answer.status_code == 503
    assert "contact-pipeline score" in unescape(answer.text)


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"},
                                     {"Origin": "https://elsewhere.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:9"}])  # fmt: skip
@pytest.mark.parametrize("path", ["/leave", "/views", "/open", "/"])
def test_what_another_site_makes_a_browser_post_is_refused(
    client: TestClient, path: str, headers: dict[str, str]
) -> None:
    answer = client.post(path, data={"name": "x", "token": "y"}, headers=headers)
    assert answer.status_code == 403
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin", "Origin": "null"}, {"Origin": ADDRESS}, {}])
def test_what_our_own_pages_post_is_not(filled: Home, headers: dict[str, str]) -> None:
    """A form on a page with no-referrer says that its origin is null."""
    assert opened_client(filled).post("/leave", headers=headers).status_code == 303


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:3080", "evil.example:3080", "", "localhost@evil", "a" * 300]
)
def test_under_a_forged_name_nobody_is_answered(client: TestClient, host: str) -> None:
    answer = client.get("/", headers={"Host": host})
    assert answer.status_code == 400
    assert CANARY not in answer.text


@pytest.mark.parametrize("host", ["localhost:3080", "127.0.0.1", "[::1]:3080", "LOCALHOST"])
def test_under_the_names_of_this_machine_it_answers(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200


def test_under_https_the_cookie_is_of_this_host_and_browsers_keep_to_https(filled: Home) -> None:
    home = Home(filled.root, Settings(dashboard=DashboardSettings(address="https://leads.example.com")))
    client = opened_client(home, address="https://leads.example.com")
    assert list(dict(client.cookies)) == ["__Host-leads"]
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize("path", ["/", "/open", "/static/style.css"])
def test_head_says_what_get_would_and_sends_nothing(client: TestClient, path: str) -> None:
    assert client.head(path).status_code == 200
    assert client.head(path).content == b""


def test_pages_are_compressed(client: TestClient) -> None:
    assert client.get("/").headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("address", ["/?%3Cb%3Ebold=1", "/?page=%3Cb%3Ebold", "/%3Cb%3Ebold", "/?score=%3Cb%3Ebold"])
def test_what_somebody_asks_for_is_never_markup_in_the_answer(client: TestClient, address: str) -> None:
    assert "<b>bold" not in client.get(address).text


def test_a_body_beyond_the_limit_is_refused(client: TestClient) -> None:
    assert client.post("/views", content=b"a" * (BODY_BYTES + 1)).status_code == 413
    assert client.post("/views", content=b"\xff=1").status_code == 400


BEGINNINGS = ["/", "/open", "/views", "/views/delete", "/lead/", "/static/", "/filter/", "/filter/owner", "/export.csv"]
BEGINNINGS += ["/imports/", "/imports/x/files/", "/files/", "/model", "/insights", "/playbook"]
ODD = st.text(st.characters(codec="utf-8"), max_size=12)
QUERIES = st.lists(
    st.tuples(st.sampled_from(["owner", "score", "page", "sort", "category", "custom.x", "q", "from"]) | ODD, ODD),
    max_size=4,
)


@given(
    method=st.sampled_from(METHODS),
    path=st.sampled_from(BEGINNINGS) | ODD,
    rest=ODD,
    query=QUERIES,
    body=st.binary(max_size=40) | QUERIES.map(lambda pairs: urlencode(pairs).encode()),
)
@settings(max_examples=150)
def test_nothing_that_is_asked_with_a_link_is_a_fault(
    client: TestClient, method: str, path: str, rest: str, query: list[tuple[str, str]], body: bytes
) -> None:
    address = f"/{quote((path + rest).lstrip('/'))}?{urlencode(query)}"
    assert client.request(method, address, content=body, headers=FORM).status_code < 500


@given(cookie=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60))
@settings(max_examples=60)
def test_no_cookie_is_a_fault(visitors: dict[str, Visitor], cookie: str) -> None:
    header = {"Cookie": f"leads={cookie}".encode("latin-1")}
    assert visitors["no cookie"].client.get("/", headers=header).status_code == 401


def _raw_status(app: ASGIApp, path: str) -> int:
    """The status of GET for a path that nobody tidied."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"127.0.0.1:3080")]
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
    }
    anyio.run(
        app, {**scope, "scheme": "http", "server": ("127.0.0.1", 3080), "client": ("127.0.0.1", 1)}, receive, send
    )
    return int(sent[0]["status"])
