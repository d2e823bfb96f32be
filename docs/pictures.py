"""Takes the pictures of the dashboard, the report and the asset graph for the README, from the samples.

Belongs here: which pages are pictured, in which size. Does not belong: the pages. `make pictures` runs it: the samples are
imported and scored in a folder of their own, the dashboard is served over it, then the Dagster UI, and a browser without a window looks at them.
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

from playwright.sync_api import Browser, FloatRect, Page, ViewportSize, sync_playwright

FOLDER = Path(__file__).parent / "img"
SAMPLES = Path(__file__).parents[1] / "data" / "samples"
_PROGRAM = Path(sys.executable).with_name("contact-pipeline")
_WEBSERVER = Path(sys.executable).with_name("dagster-webserver")
_SETTLED = 2_000  # milliseconds until the graph has moved to its place
_SCREEN: ViewportSize = {"width": 1280, "height": 800}
_LOWER_SCREEN: ViewportSize = {"width": 1280, "height": 720}
_GRAPH: ViewportSize = {"width": 2500, "height": 2020}
_CANVAS: FloatRect = {"x": 545, "y": 112, "width": 1890, "height": 1900}  # of it, without what stands around
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
            with _dagster_ui(surroundings | {"DAGSTER_HOME": str(home / "dagster")}) as address:
                _picture_graph(browser, address)
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


def _picture_graph(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport=_GRAPH)
    page.add_init_script("localStorage.setItem('asset-graph-direction', JSON.stringify('vertical'))")
    page.goto(f"{address}/asset-groups")
    page.get_by_text("reports").last.wait_for()
    page.keyboard.press("Alt+KeyE")  # expands all groups
    page.get_by_text("dashboard_snapshot").last.wait_for()
    page.wait_for_timeout(_SETTLED)
    page.screenshot(path=FOLDER / "asset_graph.png", clip=_CANVAS)


def _opened(browser: Browser, link: str, screen: ViewportSize, *, dark: bool = False) -> Page:
    page = browser.new_page(viewport=screen, color_scheme="dark" if dark else "light")
    page.goto(link)
    page.locator("#view").wait_for()
    return page


@contextmanager
def _served(surroundings: Mapping[str, str]) -> Iterator[str]:
    """A link to the dashboard of the home, which is served until the block ends."""
    with _server(surroundings, _PROGRAM, "dashboard", "serve", "--port"):
        yield json.loads(_run(surroundings, "dashboard", "link", "--label", "Sales team", "--json"))["address"]


@contextmanager
def _dagster_ui(surroundings: Mapping[str, str]) -> Iterator[str]:
    """The address of the Dagster UI over the home, which is served until the block ends."""
    with _server(surroundings, _WEBSERVER, "-m", "contact_pipeline.definitions", "-p") as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _server(surroundings: Mapping[str, str], *words: str | Path) -> Iterator[int]:
    """A program that listens on the port given behind its words, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    with subprocess.Popen([*words, str(port)], env=surroundings) as server:  # noqa: S603  our own program
        try:
            _wait_for(port)
            yield port
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
