"""``python -m demonstration.screenshots``: the pictures of docs/getting-started.md, taken from a loaded demonstration city.

    ./run demo --residents 1000 --no-serve && .venv/bin/python -m demonstration.screenshots

Needs Playwright (a development dependency) and a Chromium.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from playwright.sync_api import Browser, Page, sync_playwright

from demonstration.command import name_of_resident
from demonstration.remembered import Remembered, recall
from demonstration.running import Running
from demonstration.setup import Account
from health_platform.app import create_platform
from health_platform.settings import load_settings

DESK, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 780}
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")


@dataclass(frozen=True)
class Tour:
    """Who looks at what: the account, the path of the first page, what is done there, and the picture's name."""

    picture: str
    login: str
    path: str
    act: Callable[[Page, Remembered], None] = lambda page, city: None
    phone: bool = False


def _find(page: Page, city: Remembered) -> None:
    page.fill("[name=name]", name_of_resident(city.accounts))
    page.locator("main form button.primary, main form button").first.click()
    page.wait_for_load_state("networkidle")


def _open_record(page: Page, city: Remembered) -> None:
    _find(page, city)
    page.locator("table a").first.click()
    page.wait_for_load_state("networkidle")
    if page.url.endswith("/reason"):
        page.locator("main input[value=FOLLOWUP]").check()
        page.locator("main form button.primary").first.click()
        page.wait_for_url("**/record/*")
        page.wait_for_load_state("networkidle")


TOURS = (
    Tour("find", "doctor", "/record", _find),
    Tour("record", "doctor", "/record", _open_record),
    Tour("channels", "city", "/console/etl"),
    Tour("steward", "steward", "/console/empi/reviews/next"),
    Tour("county", "county", "/console/etl/batches"),
    Tour("audit", "auditor", "/console/audit"),
    Tour("resident", "resident", "/my", phone=True),
)


@click.command()
@click.option("--to", "folder", default="docs/images", show_default=True, type=click.Path(path_type=Path))
def main(folder: Path) -> None:
    """Take the pictures of the guided tour. Example: python -m demonstration.screenshots --to docs/images"""
    platform = create_platform(load_settings(os.environ))
    city = recall(platform.settings.home)
    if city is None:
        raise click.ClickException("load a city first: health-platform demo --residents 1000 --no-serve")
    folder.mkdir(parents=True, exist_ok=True)
    settings = platform.settings
    with Running(platform, workers=1) as running, _browser() as browser:
        running.await_ports()
        for tour in TOURS:
            _take(browser, f"http://{settings.host}:{settings.port}", city, tour, folder / f"{tour.picture}.png")
            click.echo(folder / f"{tour.picture}.png")


@contextmanager
def _browser() -> Iterator[Browser]:
    program = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def _take(browser: Browser, url: str, city: Remembered, tour: Tour, file: Path) -> None:
    page = browser.new_page(viewport=PHONE if tour.phone else DESK)  # type: ignore[arg-type]
    page.set_default_timeout(60_000)
    account = next(one for one in city.accounts if one.login == tour.login)
    _sign_in(page, url, account)
    page.goto(url + tour.path)
    tour.act(page, city)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=file)
    page.close()


def _sign_in(page: Page, url: str, account: Account) -> None:
    page.goto(f"{url}/login")
    page.locator("input:not([type=hidden])").nth(0).fill(account.login)
    page.locator("input[type=password]").first.fill(account.password)
    page.locator("button.primary").first.click()
    page.wait_for_load_state("networkidle")


if __name__ == "__main__":
    main()
