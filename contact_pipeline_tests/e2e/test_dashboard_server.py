"""The dashboard as a process of its own, as `contact-pipeline dashboard serve` starts it, and a link opened in a browser."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from contact_pipeline.dashboard.links import Links
from contact_pipeline.dashboard.snapshot import publish_snapshot
from contact_pipeline.dashboard.whereabouts import link_address
from contact_pipeline.home import Home
from contact_pipeline_tests.e2e.served_product import free_port, until
from contact_pipeline_tests.e2e.small_home import SmallHome

CANARY = "Quetzalcoatlus"


class Process:
    """The server over a home of one lead; its log is `serve.log` there."""

    def __init__(self, home: Home) -> None:
        self.home, self.port = home, free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = home.root / "serve.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "contact_pipeline", "dashboard", "serve", "--port", str(self.port)],
                env={**os.environ, "CONTACT_PIPELINE_HOME": str(home.root)},
                stdout=log,
                stderr=log,
            )

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def listens(self) -> bool:
        assert self.process.poll() is None, self.said()
        return "The dashboard is at" in self.said()

    def status(self, path: str) -> int:
        try:
            with urllib.request.urlopen(self.address + path, timeout=20) as response:  # noqa: S310  our own server
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    small = SmallHome(tmp_path_factory.mktemp("served"))
    small.take("Email,First Name,Company,Owner", f"ann@example.com,{CANARY},Acme,{CANARY} Owner")
    publish_snapshot(small.home)
    process = Process(small.home)
    try:
        until(process.listens, "the dashboard listens")
        yield process
    finally:
        process.process.kill()
        process.process.wait()


def test_it_refuses_without_a_link_and_its_log_tells_of_no_request(served: Process) -> None:
    assert served.status(f"/?owner={CANARY}") == 401
    assert served.status("/open") == 200
    (line,) = served.said().splitlines()
    assert line.startswith(f"The dashboard is at {served.address}. ")


@pytest.mark.browser
def test_a_link_opens_in_a_browser_and_leaves_no_token_behind(served: Process) -> None:
    if not shutil.which("chromium"):
        pytest.skip("chromium is not installed")
    from playwright.sync_api import sync_playwright

    links = Links(served.home)
    _, token = links.make("browser", 1, {})
    link = link_address(served.home.settings.dashboard, links.served(), token)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
        )
        page = browser.new_page(color_scheme="dark")
        said, asked = _listen(page)
        page.goto(link)
        page.get_by_text(CANARY).first.wait_for()
        page.go_back()
        assert "#" not in page.url
        assert not [address for address in asked if token in address or not address.startswith(served.address)]
        assert said == []
        page.goto(f"{served.address}/")
        links.revoke([one.link_id for one in links.all()])
        page.reload()
        page.get_by_role("heading", name="withdrawn").wait_for()
        page.goto(link)
        page.get_by_role("heading", name="withdrawn").wait_for()
        assert page.locator("main").evaluate("main => getComputedStyle(main).borderRadius") == "12px"
        assert not [one for one in said if "status of 403" not in one]
        browser.close()


def _listen(page: Any) -> tuple[list[str], list[str]]:
    """What the console says, and the addresses that are asked for."""
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    return said, asked


def test_it_stops_when_it_is_told_to_and_says_nothing(served: Process) -> None:
    """The last test of the module: nothing is served after it."""
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(timeout=30) == 0
    assert len(served.said().splitlines()) == 1
