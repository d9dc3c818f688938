"""The pages in a real Chromium 80: the shells of hospital workstations are of its age, and newer browsers hide what it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from health_platform.kernel.scope import Scope
from tests.journeys.conftest import Site
from tests.journeys.patient import ID_NUMBER, NAME, local_id
from tests.journeys.test_workstation import Workstation, station  # noqa: F401  # the fixture
from tests.support.chromium80 import BINARY, Page, chromium80

pytestmark = [
    pytest.mark.system("C10", "A07", "I01"),
    pytest.mark.skipif(not BINARY.exists(), reason="Chromium 80 is not here: ./run chromium80"),
]
WIDER = "document.documentElement.scrollWidth - window.innerWidth"
SECTIONS = {"2": "timeline", "3": "problems", "4": "visits", "5": "labs", "6": "exams", "7": "drugs", "8": "services",
            "9": "documents", "1": "overview"}  # fmt: skip
MY = ("", "/reports", "/visits", "/drugs", "/vaccines", "/costs", "/record", "/views", "/family", "/privacy", "/me")


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with chromium80(tmp_path) as opened:
        yield opened
        assert opened.faults == []


def test_it_is_chromium_80(page: Page) -> None:
    assert "Chrome/80." in page.run("navigator.userAgent")


@pytest.mark.parametrize("width", [1366, 620])
def test_the_record_opens_section_by_section(site: Site, page: Page, tmp_path: Path, width: int) -> None:
    page.headers(site.physician())
    page.size(width, 768)
    page.goto(f"{site.url}/record/{site.person_id}")
    page.picture(tmp_path / f"overview_{width}.png")
    banner = page.run("document.querySelector('header.bn').innerText")
    assert NAME in banner and "阿莫西林（休克）" in banner and "血钾 6.6" in banner
    clipped = "[...document.querySelectorAll('.alert')].filter(a => a.scrollWidth > a.clientWidth + 1).length"
    assert page.run(clipped) == 0 and page.run(WIDER) <= 0
    for key, section in SECTIONS.items():
        page.press(key)
        page.until(f"!!document.querySelector('#section[data-section={section}]')")
        assert page.run(WIDER) <= 0, section
        page.picture(tmp_path / f"{section}_{width}.png")


def test_search_filter_and_reveal_work(site: Site, page: Page) -> None:
    page.headers(site.physician())
    page.size(1366, 768)
    page.goto(f"{site.url}/record/{site.person_id}")
    assert ID_NUMBER not in page.run("document.documentElement.outerHTML")
    page.run("document.querySelector('[data-reveal]').click()")
    page.run("document.querySelector('[data-reveal-yes]').click()")
    page.until(f"document.querySelector('.b1').textContent.includes('{ID_NUMBER}')")
    page.run("document.getElementById('find').value = '胸部'; document.querySelector('form.find').requestSubmit()")
    page.until("document.querySelector('#section').innerText.includes('搜索结果')")
    assert "胸部CT平扫" in page.run("document.querySelector('#section').innerText")


def test_the_frame_of_a_workstation_redeems_its_ticket(site: Site, page: Page, request: Any, tmp_path: Path) -> None:
    his: Workstation = request.getfixturevalue("station")
    answer = his.post("/api/v1/launch", local_id(1))
    page.size(620, 700)
    page.goto(answer["frame_url"])
    page.until("!!document.querySelector('#record')")
    page.picture(tmp_path / "frame_620.png")
    assert NAME in page.run("document.querySelector('header.bn').innerText")
    page.press("5")
    page.until("!!document.querySelector('#section[data-section=labs]')")


def test_a_resident_reads_on_an_old_phone(site: Site, page: Page, tmp_path: Path) -> None:
    page.size(390, 844)
    page.goto(f"{site.url}/my/login")
    page.picture(tmp_path / "login_390.png")
    scope = Scope(persons=frozenset({site.person_id}), classes=frozenset())
    page.headers(site.acting(kind="resident", name=NAME, person_id=site.person_id, scope=scope))
    for path in MY:
        page.goto(f"{site.url}/my{path}")
        page.until("!!document.querySelector('main')")
        assert page.run(WIDER) <= 0, path
        page.picture(tmp_path / f"my{path.replace('/', '_')}_390.png")
    page.run("document.querySelector('[data-big]').click()")
    assert page.run("document.documentElement.classList.contains('big')") and page.run(WIDER) <= 0


def test_every_page_of_the_console_opens(site: Site, page: Page) -> None:
    page.headers(site.acting(name="李管理"))
    page.size(1366, 768)
    page.goto(f"{site.url}/")
    links = page.run("[...document.querySelectorAll('nav a[href^=\"/\"]')].map(a => a.getAttribute('href'))")
    assert len(links) > 20
    for link in dict.fromkeys(links):
        page.goto(site.url + link)
        assert page.run(WIDER) <= 0, link
        assert page.run("document.querySelector('main') !== null"), link
