"""Takes the pictures of the dashboard and the report for the README, from the samples.

Belongs here: which pages are pictured, in which size. Does not belong: the pages. `make pictures` runs it: the samples are
imported and scored in a folder of their own, the dashboard is served over it, and a browser without a window looks at it.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

FOLDER = Path(__file__).parent / "img"
SAMPLES = Path(__file__).parents[1] / "data" / "samples"
_PROGRAM = Path(sys.executable).with_name("contact-pipeline")
_SCREEN: ViewportSize = {"width": 1280, "height": 800}
_LOWER_SCREEN: ViewportSize = {"width": 1280, "height": 720}
_PHONE: ViewportSize = {"width": 390, "height": 844}
_REPORT: ViewportSize = {"width": 840, "height": 1400}
_QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


def main() -> None:
    """Write all pictures anew."""
    with TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        surroundings = os.environ | {"CONTACT_PIPELINE_HOME": str(home)}
        files = [*sorted(SAMPLES.glob("*.csv")), *sorted(SAMPLES.glob("*.xlsx"))]
        _run(surroundings, "run", *map(str, files))
        with _served(surroundings) as link, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_QUIET)
            _picture_dashboard(browser, link)
            page = browser.new_page(viewport=_REPORT)
            page.goto((home / "reports" / "latest" / "report.html").as_uri())
            page.screenshot(path=FOLDER / "report.png")
            browser.close()


def _picture_dashboard(browser: Browser, link: str) -> None:
    page = _opened(browser, link, _SCREEN)
    page.screenshot(path=FOLDER / "dashboard.png")
    for tab in ("insights", "imports"):
        page.goto(link.partition("/open")[0] + f"/{tab}")
        page.screenshot(path=FOLDER / f"{tab}.png")
    page.goto(link.partition("/open")[0])
    page.locator("a.lead").first.click()
    page.locator("#lead").wait_for()
    page.screenshot(path=FOLDER / "dashboard_lead.png", animations="disabled")
    _opened(browser, link, _LOWER_SCREEN, dark=True).screenshot(path=FOLDER / "dashboard_dark.png")
    _opened(browser, link, _PHONE).screenshot(path=FOLDER / "dashboard_phone.png")


def _opened(browser: Browser, link: str, screen: ViewportSize, *, dark: bool = False) -> Page:
    page = browser.new_page(viewport=screen, color_scheme="dark" if dark else "light")
    page.goto(link)
    page.locator("#view").wait_for()
    return page


@contextmanager
def _served(surroundings: Mapping[str, str]) -> Iterator[str]:
    """A link to the dashboard of the home, which is served until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    serve = [_PROGRAM, "dashboard", "serve", "--port", str(port)]
    with subprocess.Popen(serve, env=surroundings) as server:  # noqa: S603  our own program
        try:
            _wait_for(port)
            yield json.loads(_run(surroundings, "dashboard", "link", "--label", "Sales team", "--json"))["address"]
        finally:
            server.terminate()


def _wait_for(port: int) -> None:
    """Raises ConnectionRefusedError where nobody listens there after half a minute."""
    for tries_left in range(100, -1, -1):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if not tries_left:
                raise
            sleep(0.3)
        else:
            return


def _run(surroundings: Mapping[str, str], *words: str) -> str:
    done = subprocess.run(  # noqa: S603  our own program
        [_PROGRAM, *words], env=surroundings, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


if __name__ == "__main__":
    main()
