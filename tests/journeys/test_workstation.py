"""The record in a frame of a hospital's workstation page, on another site, with the sample page of the guide."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from health_platform.kernel import clock
from health_platform.kernel.scope import system_scope
from health_platform.launch.api import NewClient, register_client
from tests.journeys.conftest import Site, axe_findings, overflow
from tests.journeys.patient import NAME, local_id

pytestmark = pytest.mark.system("A07", "C10")

SAMPLE = Path(__file__).parents[2] / "docs" / "samples" / "workstation.html"


@dataclass
class Workstation:
    """A hospital's server: serves the sample page and signs launch requests."""

    site: Site
    key: ECKey
    client: str
    url: str = ""

    def signed(self, patient: str) -> dict[str, str]:
        claims = {
            "aud": f"{self.site.url}/api/v1/launch", "iat": int(clock.now().timestamp()), "jti": uuid4().hex,
            "doctor_no": "6021", "doctor_name": "陈志强", "department": "心内科", "patient": patient,
            "visit_no": "MZ1", "purpose": "TREAT", "workstation": "W1",
        }  # fmt: skip
        return {"client": self.client, "request": jwt.encode({"alg": "ES256"}, claims, self.key)}

    def post(self, path: str, patient: str) -> dict[str, Any]:
        body = json.dumps(self.signed(patient)).encode()
        request = Request(self.site.url + path, body, {"Content-Type": "application/json"})
        with urlopen(request) as answer:
            return dict(json.load(answer))


def handler_of(station: Workstation) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(SAMPLE.read_bytes(), "text/html; charset=utf-8")

        def do_POST(self) -> None:
            patient = parse_qs(urlsplit(self.path).query)["patient"][0]
            self._answer(json.dumps(station.post("/api/v1/launch", patient)).encode(), "application/json")

        def _answer(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            return

    return Handler


@pytest.fixture
def station(site: Site) -> Iterator[Workstation]:
    made = Workstation(site, ECKey.generate_key("P-256"), f"his-{uuid4().hex[:8]}")
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(made))
    made.url = f"http://localhost:{server.server_port}"
    public = {"keys": [made.key.as_dict(private=False)]}
    new = NewClient(made.client, "门诊工作站", 1, "固始县人民医院", "411502000000", (made.url,), public)
    with site.platform.database.unit_of_work(system_scope("test")) as session:
        register_client(session, new)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    thread.join()


def opened_frame(page: Any, site: Site) -> Any:
    page.click("#open")
    frame = page.frame_locator("#record")
    frame.locator("#record h1").wait_for()
    return frame


def test_the_sample_page_opens_the_record_of_its_patient(site: Site, station: Workstation, open_page: Any) -> None:
    page = open_page(f"{station.url}/?")
    page.evaluate(f"document.getElementById('patient').textContent = '{local_id(1)}'")
    frame = opened_frame(page, site)
    assert frame.locator("#record h1").inner_text() == NAME
    page.wait_for_function(f"() => document.getElementById('state').textContent === 'opened {site.person_id}'")
    assert "陈志强 6021 固始县人民医院 心内科" in frame.locator("footer.ft").inner_text()
    inner = next(one for one in page.frames if one.url.startswith(site.url))
    assert "#" not in inner.url and "t=" not in inner.url
    assert page.context.cookies(site.url) == []
    for key, word in (("5", "检验累积表"), ("7", "华法林")):
        frame.locator("body").press(key)
        inner.wait_for_function(f"() => document.querySelector('#section').innerText.includes('{word}')")
    frame.locator("[data-reveal]").first.click()
    frame.locator("[data-reveal-yes]").click()
    frame.locator("[data-shown]").first.wait_for()


def test_the_frame_ends_with_the_visit(site: Site, station: Workstation, open_page: Any) -> None:
    page = open_page(f"{station.url}/?")
    page.evaluate(f"document.getElementById('patient').textContent = '{local_id(2 - 1)}'")
    frame = opened_frame(page, site)
    assert station.post("/api/v1/launch/visits/end", local_id(1)) == {"ended": 1}
    frame.locator("body").press("5")
    frame.locator("text=本次调阅已结束").wait_for()
    assert NAME not in frame.locator("body").inner_text()
    open_page.faults[:] = [fault for fault in open_page.faults if "401" not in fault]


def test_a_page_of_another_origin_cannot_frame_it(site: Site, station: Workstation, open_page: Any) -> None:
    page = open_page(f"{station.url.replace('localhost', '127.0.0.1')}/?")
    page.evaluate(f"document.getElementById('record').src = '{site.url}/embed/{station.client}#t=x'")
    page.wait_for_timeout(400)
    refused = [fault for fault in open_page.faults if "frame-ancestors" in fault]
    assert refused
    open_page.faults[:] = [fault for fault in open_page.faults if fault not in refused and "ERR_BLOCKED" not in fault]


def test_the_frame_fits_620_pixels_and_is_accessible(site: Site, station: Workstation, open_page: Any) -> None:
    answer = station.post("/api/v1/launch", local_id(1))
    page = open_page(answer["frame_url"], width=620)
    page.wait_for_selector("#record h1")
    assert overflow(page) == 0 and axe_findings(page) == []
