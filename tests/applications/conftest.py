"""One region for the specification tests of the capabilities, and its pages in a browser; every test brings people of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.serving import make_server

from demonstration.city.institutions import social_credit_code
from health_platform.kernel.scope import SYSTEM, system_scope
from registry.api import InstitutionDraft, register_institution
from tests.applications.clicking import Opener
from tests.applications.hospitals import TOWN, Hospital
from tests.support.clinic import Clinic, Region
from tests.support.clinic import region as made

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(scope="session")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    with made(tmp_path_factory.mktemp("region")) as one:
        yield one


@pytest.fixture(scope="session")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    """A region whose registers ``peopled.clinic_of`` fills: members of other tests would fill the first pages of its lists."""
    with made(tmp_path_factory.mktemp("peopled")) as one:
        yield one


@pytest.fixture
def hospital(region: Region) -> Hospital:
    return Hospital(region)


@pytest.fixture
def centre(region: Region) -> Clinic:
    """The township hospital that serves the village."""
    name = "城关镇卫生院（辖区）"
    if name not in region.units:
        with region.platform.database.unit_of_work(system_scope("test")) as session:
            code = social_credit_code(TOWN.ljust(12, "0"), 990_001)
            draft = InstitutionDraft(name, "C100", TOWN.ljust(12, "0"), date(2010, 1, 1), code=code)
            region.units[name] = register_institution(session, SYSTEM, draft).id
    return region.clinic(TOWN, name)


@pytest.fixture(scope="session")
def site(region: Region) -> Iterator[str]:
    """The address of the region, served over a real socket."""
    server = make_server("127.0.0.1", 0, region.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def open_page(browser: Any, region: Region, site: str) -> Iterator[Opener]:
    """A page as a caller sees it; an error of its scripts fails the test."""
    contexts: list[Any] = []
    faults: list[str] = []

    def go(who: Clinic, path: str, width: int = 1366) -> Page:
        header = region.shelf.put(who.who)
        context = browser.new_context(viewport={"width": width, "height": 768}, extra_http_headers=header)
        context.set_default_timeout(15_000)
        contexts.append(context)
        page: Page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(site + path)
        return page

    yield go
    for context in contexts:
        context.close()
    assert not faults, faults
