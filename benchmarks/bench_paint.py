"""How soon a physician sees the record in the frame of her workstation, and how heavy it is. In a real Chromium.

Run: ``.venv/bin/python -m benchmarks.bench_paint [--runs 12]``

A workstation page on another origin asks its server for a launch and puts the address into its frame. "record" is the time from
setting the address to the moment the banner with the patient stands in the frame; "first paint" is what the browser says of the
frame. Cold: a new browser context, nothing cached. Warm: the same context again. The control is a page of
one line of text from a bare server, opened in the same frame in turn with it: what the browser and the driver cost.
"""

from __future__ import annotations

import argparse
import gzip
import statistics
import tempfile
import threading
import time
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

from joserfc.jwk import ECKey
from playwright.sync_api import sync_playwright

from health_platform.kernel.scope import system_scope
from health_platform.launch.api import NewClient, register_client
from tests.journeys.conftest import Site, served
from tests.journeys.patient import local_id
from tests.journeys.test_workstation import Workstation, handler_of
from tests.support.chromium import CHROMIUM, FLAGS

GOALS = {"cold": 800, "warm": 400}
MOST_BYTES, MOST_REQUESTS, MOST_NODES = 60 * 1024, 6, 2_500
_PAINT = "performance.getEntriesByName('first-contentful-paint').map(entry => entry.startTime)[0]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=12)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, served(Path(home)) as site, sync_playwright() as driver:
        station, server = _station(site)
        bare = ThreadingHTTPServer(("127.0.0.1", 0), Line)
        threading.Thread(target=bare.serve_forever, daemon=True).start()
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        try:
            measure(browser, station, f"http://127.0.0.1:{bare.server_port}/", given.runs)
        finally:
            browser.close()
            server.shutdown()
            bare.shutdown()


class Line(BaseHTTPRequestHandler):
    """The control: one line of text."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write("<!doctype html><title>line</title><h1>一行</h1>".encode())

    def log_message(self, *args: Any) -> None:
        return


def _station(site: Site) -> tuple[Workstation, ThreadingHTTPServer]:
    made = Workstation(site, ECKey.generate_key("P-256"), f"his-{uuid4().hex[:8]}")
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(made))
    made.url = f"http://localhost:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    keys = {"keys": [made.key.as_dict(private=False)]}
    new = NewClient(made.client, "门诊工作站", 1, "固始县人民医院", "411502000000", (made.url,), keys)
    with site.platform.database.unit_of_work(system_scope("benchmark")) as session:
        register_client(session, new)
    return made, server


def measure(browser: Any, station: Workstation, line: str, runs: int) -> None:
    """Print times of cold and warm openings beside the control, and the weight of one."""
    times: dict[str, list[tuple[float, float, float]]] = {"cold": [], "warm": []}
    weight: list[tuple[str, int]] = []
    nodes = 0
    for _ in range(runs):
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        page = context.new_page()
        page.goto(f"{station.url}/?")
        for kind in times:
            seen: list[Any] = []
            note = partial(_note, seen)
            page.on("response", note)
            times[kind].append(_open(page, station, line))
            page.remove_listener("response", note)
            if kind == "cold":
                weight = [(one.url, _packed(one.body())) for one in seen if one.url.startswith(station.site.url)]
                nodes = next(one for one in page.frames if one.url.startswith(station.site.url)).evaluate(
                    "document.querySelectorAll('*').length"
                )
        context.close()
    for kind, found in times.items():
        record, paint, control = (statistics.median(column) for column in zip(*found, strict=True))
        worst = sorted(one[0] for one in found)[int(len(found) * 0.95)]
        print(f"{kind}: record p50 {record:.0f} ms, p95 {worst:.0f} ms, first paint {paint:.0f} ms (goal {GOALS[kind]});"
              f" control {control:.0f} ms, ratio {record / control:.1f}")  # fmt: skip
    asked = [one for one in weight if "/health" not in one[0]]
    total = sum(size for _, size in asked)
    print(
        f"{len(asked)} requests (goal {MOST_REQUESTS}), {total / 1024:.1f} KB gzip (goal 60), {nodes} nodes (goal {MOST_NODES})"
    )
    for url, size in asked:
        print(f"  {size / 1024:7.1f} KB  {url.removeprefix(station.site.url)[:80]}")


def _note(seen: list[Any], response: Any) -> None:
    seen.append(response)


def _packed(body: bytes) -> int:
    return len(gzip.compress(body, 6))


def _open(page: Any, station: Workstation, line: str) -> tuple[float, float, float]:
    """(ms until the record stands there, first paint of the frame, ms of the control)."""
    control = _until(page, line, "h1")
    address = station.post("/api/v1/launch", local_id(1))["frame_url"]
    took = _until(page, address, "#record h1")
    frame = next(one for one in page.frames if one.url.startswith(station.site.url))
    return took, float(frame.evaluate(_PAINT) or 0), control


def _until(page: Any, address: str, selector: str) -> float:
    page.evaluate("document.getElementById('record').src = 'about:blank'")
    page.frame_locator("#record").locator("html").wait_for(state="attached")
    started = time.perf_counter()
    page.evaluate("address => { document.getElementById('record').src = address; }", address)
    page.frame_locator("#record").locator(selector).first.wait_for()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
