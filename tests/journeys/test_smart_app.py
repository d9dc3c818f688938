"""A SMART app written with the stock ``fhirclient`` library, on another origin, launched from the record browser."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page

from health_platform.access.api import NewClient
from health_platform.kernel.scope import system_scope
from health_platform.launch.oauth.api import NewApp, register_app
from tests.journeys.conftest import Site
from tests.journeys.patient import NAME, local_id

pytestmark = pytest.mark.system("A07", "A11")

LIBRARY = Path(__file__).parent / "vendor" / "fhirclient-2.6.3" / "fhir-client.pure.min.js"
LAUNCH = """<!doctype html><title>launch</title><script src="/fhir-client.js"></script><script>
FHIR.oauth2.authorize({clientId: '%s', scope: 'launch openid profile patient/*.rs', redirectUri: 'index.html',
  pkceMode: 'required'})
  .catch((error) => { document.body.textContent = 'failed ' + error.message; });
</script>"""
INDEX = """<!doctype html><title>app</title><body><p id="out">waiting</p><script src="/fhir-client.js"></script><script>
const out = document.getElementById('out');
FHIR.oauth2.ready().then(async (client) => {
  const patient = await client.patient.read();
  const seen = await client.request('Observation?patient=' + client.patient.id, {flat: true});
  out.textContent = JSON.stringify({
    patient: patient.id, name: patient.name[0].text || patient.name[0].family,
    results: seen.map((one) => one.valueQuantity.value),
  });
}).catch((error) => { out.textContent = 'failed ' + error.message; });
</script></body>"""


@pytest.fixture
def app(site: Site) -> Iterator[str]:
    """The app's own web server; gives its code."""
    code = f"chart-{uuid4().hex[:8]}"
    pages = {"/launch.html": LAUNCH % code, "/index.html": INDEX, "/fhir-client.js": LIBRARY.read_text("utf-8")}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = pages.get(self.path.split("?")[0], "").encode()
            self.send_response(200 if content else 404)
            self.send_header("Content-Type", "text/javascript" if self.path.endswith(".js") else "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    origin = f"http://localhost:{server.server_port}"
    client = NewClient(code, "心血管风险图", "411500000000", redirect_uris=(f"{origin}/index.html",))
    scopes = ("launch", "openid", "profile", "patient/*.rs")
    with site.platform.database.unit_of_work(system_scope("test")) as session:
        register_app(session, NewApp(client, "smart", scopes, f"{origin}/launch.html"), 1)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield code
    server.shutdown()
    thread.join()


def observe(site: Site, page: Page) -> None:
    """The hospital has sent the patient and one observation as FHIR resources."""
    hospital = {**site.acting(institution_id=1, division="411502"), "Content-Type": "application/fhir+json"}
    patient = {"resourceType": "Patient", "identifier": [{"value": local_id(1)}], "name": [{"text": NAME}]}
    answer = page.request.post(f"{site.url}/fhir/R4/Patient", headers=hospital, data=json.dumps(patient))
    assert answer.status == 201, answer.text()
    subject = f"Patient/{answer.json()['id']}"
    seen = {
        "resourceType": "Observation", "status": "final", "code": {"text": "收缩压"},
        "subject": {"reference": subject}, "valueQuantity": {"value": 148, "unit": "mmHg"},
        "effectiveDateTime": "2026-11-01T08:00:00+08:00",
    }  # fmt: skip
    assert page.request.post(f"{site.url}/fhir/R4/Observation", headers=hospital, data=json.dumps(seen)).status == 201


def test_a_stock_smart_app_reads_the_patient_of_the_record(site: Site, app: str, open_page: Any) -> None:
    page = open_page("/my/login")
    page.set_extra_http_headers(site.physician())  # of this page only: the app's window is nobody but its token
    page.goto(f"{site.url}/record/{site.person_id}")
    observe(site, page)
    with page.context.expect_page() as opened:
        page.click(f"[data-open-app$='/{app}/open']")
    window = opened.value
    window.wait_for_function("() => document.body && !['', 'waiting'].includes(document.body.innerText.trim())", timeout=15_000)
    said = window.inner_text("body")
    assert said.startswith("{"), said
    told = json.loads(said)
    assert told["patient"] == f"person-{site.person_id}" and told["results"].count(148) == 1, told
    assert 6.6 in told["results"], "what the hospital sent by another way is served as FHIR as well"
    assert NAME in told["name"] and "state=" not in window.url
