"""A county administrator's question in a real browser: how far are we, who is missing, take the table along."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from werkzeug.serving import make_server

from health_platform.kernel import clock
from tests.journeys.conftest import axe_findings, overflow
from tests.support.clinic import Clinic, Region, id_number, region

pytestmark = pytest.mark.system("D03", "G08")

VISIT = {"way": "1", "systolic": 132, "diastolic": 80, "adherence": "1", "adverse": False, "new_complication": False}


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Clinic, str]]:
    """Three patients of two villages of the county, one of them seen this year; one of another county."""
    with region(tmp_path_factory.mktemp("county")) as made:
        enrol(made, "411525100201", "大塘村卫生室", "王秀英", seen=True)
        enrol(made, "411525100201", "大塘村卫生室", "李建国")
        enrol(made, "411525100202", "小塘村卫生室", "张桂兰")
        enrol(made, "411502100201", "河口村卫生室", "赵外县")
        made.work()
        server = make_server("127.0.0.1", 0, made.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield made.office("411525"), f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def enrol(made: Region, division: str, unit: str, name: str, seen: bool = False) -> None:
    doctor = made.clinic(division, unit)
    day = (clock.today() - timedelta(days=20)).isoformat()
    person = {"name": name, "id_no": id_number(date(1950, 1, 1))}
    member = doctor.post("/hypertension/members", {"person": person, "answers": {"essential": True}, "day": day})
    if seen:
        doctor.post(
            f"/hypertension/members/{member['id']}/hypertension_visit", {"answers": VISIT, "day": clock.today().isoformat()}
        )


def test_from_the_rate_to_the_people_who_are_missing(county: tuple[Clinic, str], browser: Any) -> None:
    admin, url = county
    context = browser.new_context(viewport={"width": 1366, "height": 768}, extra_http_headers=admin.region.shelf.put(admin.who))
    page = context.new_page()
    start = (clock.today() - timedelta(days=30)).isoformat()
    page.goto(f"{url}/console/apps/hypertension/indicators?by=division&level=12&start={start}")
    assert overflow(page) == 0 and axe_findings(page) == []
    row = page.locator("tr", has_text="随访率").first
    assert [cell.strip() for cell in page.locator("thead th.num").all_inner_texts()] == ["大塘村", "小塘村"]
    assert row.locator("td.num").all_inner_texts() == ["50.00 1/2", "0.00 0/1"]
    row.locator("td.num a").first.click()
    assert "李建国" in page.inner_text("main") and "王秀英" not in page.inner_text("main"), "those not visited come first"
    page.get_by_text("达到", exact=True).click()
    page.get_by_text("王秀英").wait_for()
    page.goto(f"{url}/console/apps/hypertension/indicators?by=total&start={start}")
    assert "赵外县" not in page.inner_text("main")
    assert page.locator("tr", has_text="登记患者数").locator("td.num").first.inner_text().split()[0] == "3"
    content = context.request.get(f"{url}/api/v1/apps/hypertension/indicators/export?by=division&level=12&start={start}").body()
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    heads, *rows = [[cell.value for cell in line] for line in sheet.iter_rows()]
    rate = heads.index("随访率（%）")
    assert {line[0]: line[rate : rate + 3] for line in rows} == {"大塘村": [50, 1, 2], "小塘村": [0, 0, 1]}
    context.close()
