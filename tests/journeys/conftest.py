"""A whole platform with one patient, served over a real socket, and a real browser."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from werkzeug.serving import make_server

from demonstration.setup import Account, prepare
from empi.api import by_credential
from etl.api import Sender, Upload, accept, ensure_tables
from health_platform.app import application, create_platform
from health_platform.kernel import clock
from health_platform.kernel.jobs import Worker
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Scope, system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.records.api import ensure_tables as ensure_record_tables
from health_platform.settings import Settings
from tests.journeys.patient import ID_NUMBER, parcels
from tests.support.chromium import CHROMIUM, FLAGS  # noqa: F401  # journeys elsewhere look for them here
from tests.support.principals import PrincipalShelf, principal

AXE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@dataclass(frozen=True)
class Site:
    """The served platform: where it is, whose record it holds, and how to be somebody."""

    url: str
    platform: Platform
    shelf: PrincipalShelf
    person_id: int

    def acting(self, **changes: Any) -> dict[str, str]:
        """The header of a made caller."""
        return self.shelf.put(principal(**changes))

    def physician(self, **changes: Any) -> dict[str, str]:
        """A doctor who treats the patient."""
        facts = {"doctor_no": "6021", "department": "心内科", "visit_no": "MZ20261120-0417"}
        scope = Scope(persons=frozenset({self.person_id}))
        rights = {"records.view", "records.reveal", "records.print", "session"}
        known = {"name": "陈志强", "institution_id": 1, "institution_name": "固始县人民医院", "purpose": "TREAT"}
        return self.acting(**{**known, "scope": scope, "permissions": rights, "facts": facts, **changes})


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("site")) as made:
        yield made


@contextmanager
def served(home: Path) -> Iterator[Site]:
    """A platform with the patient's uploads, served over a socket of its own."""
    address = ("127.0.0.1", free_port())
    url = "http://{}:{}".format(*address)
    components = "registry,empi,etl,exchange,browser_ui"
    settings = Settings(home=home, demonstration=True, components=components, public_url=url)
    platform = create_platform(settings)
    platform.database.create_all()
    ensure_tables(platform.warehouse)
    ensure_record_tables(platform.warehouse)
    _send(platform)
    shelf = PrincipalShelf()
    platform.authenticator(shelf, first=True)
    server = make_server(*address, application(platform), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with _unit(platform) as session:
        person_id = by_credential(session, "id", ID_NUMBER)[0].person_id
    yield Site(url, platform, shelf, person_id)
    server.shutdown()
    thread.join()
    platform.warehouse.close()
    stop_endpoint(platform.warehouse.settings)
    platform.database.close()


def free_port() -> int:
    """A port nobody listens on now; addresses in signed requests and launches must be known before the server starts."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _unit(platform: Platform) -> Any:
    return platform.database.unit_of_work(system_scope("test"))


def _send(platform: Platform) -> None:
    """The uploads of the three institutions, through the pipeline."""
    for number, parcel in enumerate(parcels(clock.now())):
        content = json.dumps(list(parcel.rows), ensure_ascii=False).encode()
        sender = Sender(parcel.institution, "411502000000")
        with _unit(platform) as session:
            accept(session, Upload(sender, parcel.dataset, f"m{number}", content, "json", "upsert"))
        if parcel.dataset == "emr_patient_info":
            Worker(platform).drain()
    Worker(platform).drain()


@pytest.fixture(scope="session")
def accounts(site: Site) -> dict[str, Account]:
    """The demonstration's institutions and accounts of every role."""
    with _unit(site.platform) as session:
        _, made, _ = prepare(session, site.platform, clock.today())
    return {account.login: account for account in made}


@pytest.fixture
def open_page(browser: Any, site: Site) -> Iterator[Callable[..., Any]]:
    """``open_page("/record/1", headers, width=1366)``: a page whose console and network faults fail the test."""
    contexts: list[Any] = []
    faults: list[str] = []

    def go(path: str, headers: dict[str, str] | None = None, width: int = 1366, height: int = 768) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, extra_http_headers=headers or {})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: _own_host(site, request.url, faults))
        page.goto(path if ":" in path.split("/")[0] else site.url + path)
        return page

    go.faults = faults  # type: ignore[attr-defined]
    yield go
    for context in contexts:
        context.close()
    assert not faults, faults


def _own_host(site: Site, url: str, faults: list[str]) -> None:
    if not url.startswith(("http://127.0.0.1", "http://localhost", "data:", "blob:", "about:", "chrome")):
        faults.append(f"foreign host: {url}")


def sign_in(page: Any, site: Site, login: str, password: str) -> None:
    page.goto(f"{site.url}/login")
    page.fill("[name=login_name]", login)
    page.fill("[name=password]", password)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def says(page: Any, *words: str) -> None:
    """The page says all this, at the latest once the link that was clicked is followed."""
    for word in words:
        expect(page.locator("main")).to_contain_text(word, use_inner_text=True, timeout=10_000)


def axe_findings(page: Any) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA, one line per element."""
    page.evaluate(AXE.read_text("utf-8"))
    result = page.evaluate("rules => axe.run(document, rules)", RULES)
    return [
        f"{fault['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for fault in result["violations"]
        for node in fault["nodes"]
    ]


def overflow(page: Any) -> int:
    """Pixels the page is wider than its window; 0 when nothing must be scrolled sideways."""
    return int(page.evaluate("() => Math.max(0, document.documentElement.scrollWidth - window.innerWidth)"))
