"""A patient with a dozen long allergies: none is hidden, clipped or left off paper, however narrow the frame."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from empi.api import by_credential
from etl.api import Sender, Upload, accept
from health_platform.kernel import clock
from health_platform.kernel.jobs import Worker
from health_platform.kernel.scope import Scope, system_scope
from tests.journeys.conftest import Site, axe_findings, overflow
from tests.journeys.patient import HOSPITALS
from tests.registry.conftest import identity_number

pytestmark = pytest.mark.system("C10", "A07")

NUMBER = identity_number(777, "19480912")
ALLERGIES = [
    (f"{name}及其复方注射制剂", f"用药后{minutes}分钟全身荨麻疹伴喉头水肿、血压下降，经抢救好转")
    for minutes, name in enumerate(
        ("青霉素钠", "头孢曲松钠", "磺胺甲噁唑", "左氧氟沙星", "碘克沙醇造影剂", "卡马西平", "别嘌醇", "阿司匹林", "利多卡因",
         "破伤风抗毒素", "甘露醇", "右旋糖酐铁"), 3)
]  # fmt: skip


@pytest.fixture(scope="module")
def allergic(site: Site) -> int:
    """The patient's person id, after her hospital has uploaded her."""
    today = clock.today().isoformat()
    person = {"patient_id": "ALG1", "patient_name": "周敏感", "org_name": HOSPITALS[2]}
    known = {"id": "ALG1", "patient_name": "周敏感", "id_card_type_code": "01", "id_card": NUMBER, "gender_code": "2",
             "birth_date": "1948-09-12", "org_name": HOSPITALS[2], "operation_time": f"{today} 08:00:00"}  # fmt: skip
    rows = [
        {**person, "allergy_no": f"ALG{place}", "recorded_on": today, "allergen_text": allergen, "reaction": reaction}
        for place, (allergen, reaction) in enumerate(ALLERGIES)
    ]
    visits = [
        {**person, "visit_no": f"ALGV{number}", "started_at": f"{today} 0{number % 8}:00:00", "visit_kind": "1",
         "diagnosis": "I10", "diagnosis_text": "高血压", "chief_complaint": "头晕"}
        for number in range(40)
    ]  # fmt: skip
    for name, sent in (("emr_patient_info", [known]), ("allergy", rows), ("visit", visits)):
        send(site, name, f"allergic-{name}", sent)
    with site.platform.database.unit_of_work(system_scope("test")) as session:
        return by_credential(session, "id", NUMBER)[0].person_id


def send(site: Site, dataset: str, message: str, rows: list[dict[str, str]]) -> None:
    content = json.dumps(rows, ensure_ascii=False).encode()
    with site.platform.database.unit_of_work(system_scope("test")) as session:
        accept(session, Upload(Sender(2, "411502000000"), dataset, message, content, "json", "upsert"))
    Worker(site.platform).drain()


Opened = Callable[..., Any]


@pytest.fixture
def record(site: Site, allergic: int, open_page: Opened) -> Opened:
    def go(width: int, height: int, section: str = "/visits") -> Any:
        doctor = site.physician(scope=Scope(persons=frozenset({allergic})))
        return open_page(f"/record/{allergic}{section}", doctor, width=width, height=height)

    return go


SEEN = """items => items.filter(text => {
  const node = Array.from(document.querySelectorAll('.alert.allergy li')).find(one => one.textContent.trim() === text);
  if (!node) return true;
  for (let up = node; up !== document.body; up = up.parentElement) {
    const style = getComputedStyle(up);
    if (style.visibility !== 'visible' || style.display === 'none') return true;
    const cut = up.scrollWidth > up.clientWidth + 1 || up.scrollHeight > up.clientHeight + 1;
    if (style.overflow !== 'visible' && cut) return true;
  }
  const boxes = Array.from(node.getClientRects()).filter(box => box.width > 0);
  return !boxes.length || boxes.some(box => box.left < 0 || box.right > innerWidth);
})"""
"""Those that are missing, cut off or out of the page's width."""


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (620, 500), (390, 844)])
def test_every_allergy_can_be_read_whole(record: Opened, width: int, height: int) -> None:
    page = record(width, height)
    assert page.evaluate(SEEN, [f"{allergen}（{reaction}）" for allergen, reaction in ALLERGIES]) == []
    assert overflow(page) == 0 and axe_findings(page) == []
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    stays = page.locator(".brief" if page.locator(".bn.tall").count() else ".bn")
    stays.wait_for()
    box = stays.bounding_box()
    assert box and box["y"] >= 0 and box["y"] + box["height"] <= height * 0.5, "warnings stay, and leave room to read"
    assert "周敏感" in stays.inner_text() and ("过敏 12 项" in stays.inner_text() or ALLERGIES[-1][0] in stays.inner_text())
    if page.locator(".bn.tall").count():
        page.click("[data-to-top]")
        assert page.evaluate("window.scrollY") == 0 and page.locator(".alert.allergy li").last.is_visible()


def test_few_warnings_stay_in_a_narrow_frame_whole(site: Site, open_page: Opened) -> None:
    page = open_page(f"/record/{site.person_id}/visits", site.physician(), width=620, height=700)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    for words in ("阿莫西林（休克）", "血钾 6.6"):
        box = page.locator(".alert", has_text=words).first.bounding_box()
        assert box and box["y"] >= 0 and box["y"] + box["height"] <= 700, words


def test_an_allergy_that_arrives_meanwhile_stands_above_the_next_section(site: Site, record: Opened) -> None:
    page = record(1366, 768)
    standing = page.locator("#warnings").element_handle()
    page.click("[data-section=labs]")
    page.locator("#section[data-section=labs]").wait_for()
    assert standing.evaluate("node => node.isConnected"), "the same warnings are not announced again"
    fresh = {"patient_id": "ALG1", "patient_name": "周敏感", "org_name": HOSPITALS[2], "allergy_no": "ALG-NEW",
             "recorded_on": clock.today().isoformat(), "allergen_text": "万古霉素", "reaction": "红人综合征"}  # fmt: skip
    send(site, "allergy", "meanwhile", [fresh])
    page.click("[data-section=drugs]")
    page.locator("#section[data-section=drugs]").wait_for()
    assert "万古霉素（红人综合征）" in page.inner_text("#warnings")
    assert page.locator("#counted").text_content().startswith("过敏 13 项")
    assert page.locator("#section").count() == page.locator("#warnings").count() == 1


@pytest.mark.skipif(not Path("/usr/bin/pdftotext").exists(), reason="pdftotext is not installed")
def test_paper_carries_every_allergy(record: Opened, tmp_path: Path) -> None:
    paper = tmp_path / "record.pdf"
    record(620, 700, "").pdf(path=str(paper), format="A5")
    text = subprocess.run(["pdftotext", "-layout", str(paper), "-"], capture_output=True, check=True).stdout.decode()
    squeezed = "".join(text.split())
    assert [allergen for allergen, reaction in ALLERGIES if allergen not in squeezed or reaction not in squeezed] == []
    assert "回页首查看" not in squeezed
