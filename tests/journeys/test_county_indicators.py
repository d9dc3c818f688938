"""A county administrator's question in a real browser: how far are we, who is missing, take the table along."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from werkzeug.serving import make_server

from health_platform.kernel import clock
from tests.journeys.conftest import axe_findings, overflow, says
from tests.support.clinic import Clinic, id_number, region

pytestmark = pytest.mark.system("D03", "G08")

VISIT = {"way": "1", "systolic": 132, "diastolic": 80, "adherence": "1", "adverse": False, "new_complication": False}


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Clinic, str]]:
    """Three patients of two villages of the county, one of them seen this year; one of another county."""
    with region(tmp_path_factory.mktemp("county")) as made:
        near, far = made.clinic("411525100201", "大塘村卫生室"), made.clinic("411525100202", "小塘村卫生室")
        enrol(near, "王秀英", seen=True)
        enrol(near, "李建国", team="一队")
        enrol(replace(far, who=replace(far.who, id=4711, name="赵村医")), "张桂兰")
        enrol(made.clinic("411502100201", "河口村卫生室"), "赵外县")
        made.work()
        server = make_server("127.0.0.1", 0, made.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield made.office("411525"), f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def enrol(doctor: Clinic, name: str, seen: bool = False, team: str = "") -> None:
    day = (clock.today() - timedelta(days=20)).isoformat()
    person = {"name": name, "id_no": id_number(date(1950, 1, 1))}
    member = doctor.post("/hypertension/members", {"person": person, "answers": {"essential": True}, "day": day})
    if team:
        doctor.post(f"/hypertension/members/{member['id']}/hand-over", {"team": team}, 200)
    if seen:
        doctor.post(
            f"/hypertension/members/{member['id']}/hypertension_visit", {"answers": VISIT, "day": clock.today().isoformat()}
        )


def downloaded(page: Any) -> Any:
    """What 导出 gives, opened."""
    with page.expect_download() as got:
        page.get_by_role("link", name="导出", exact=True).click()
    assert got.value.suggested_filename == "高血压管理指标.xlsx"
    return openpyxl.load_workbook(io.BytesIO(got.value.path().read_bytes())).worksheets[0]


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
    says(page, "李建国")
    assert "王秀英" not in page.inner_text("main"), "those not visited come first"
    page.get_by_text("达到", exact=True).click()
    page.get_by_text("王秀英").wait_for()
    page.goto(f"{url}/console/apps/hypertension/indicators?by=total&start={start}")
    assert "赵外县" not in page.inner_text("main")
    assert page.locator("tr", has_text="登记患者数").locator("td.num").first.inner_text().split()[0] == "3"
    page.goto(f"{url}/console/apps/hypertension/indicators?by=division&level=12&start={start}")
    sheet = downloaded(page)
    heads, *rows = [[cell.value for cell in line] for line in sheet.iter_rows()]
    rate = heads.index("随访率（%）")
    assert {line[0]: line[rate : rate + 3] for line in rows} == {"大塘村": [50, 1, 2], "小塘村": [0, 0, 1]}
    context.close()


GROUPS = {"机构": {"大塘村卫生室": 2, "小塘村卫生室": 1}, "团队": {"一队": 1, "未指定": 2}, "人员": {"冯村医": 2, "赵村医": 1}}


def test_by_institution_team_and_person_down_to_the_people(county: tuple[Clinic, str], browser: Any) -> None:
    admin, url = county
    context = browser.new_context(viewport={"width": 1366, "height": 768}, extra_http_headers=admin.region.shelf.put(admin.who))
    page = context.new_page()
    page.goto(f"{url}/console/apps/hypertension/indicators?start={clock.today() - timedelta(days=30)}")
    for by, figures in GROUPS.items():
        page.locator("form.search").get_by_label("分组").select_option(label=by)
        page.get_by_role("button", name="查询").click()
        page.wait_for_url("**by=*")
        labels = page.locator("thead th.num").all_inner_texts()
        cells = page.locator("tr", has_text="登记患者数").locator("td.num")
        assert {label.strip(): int(text) for label, text in zip(labels, cells.all_inner_texts(), strict=True)} == figures, by
        assert page.locator("figure svg, .card svg").count(), "as a chart too"
        one = next(place for place, label in enumerate(labels) if label.strip() == list(figures)[-1])
        cells.nth(one).locator("a").click()
        page.locator("h1", has_text="登记患者数").wait_for()
        assert page.locator("tbody tr").count() == list(figures.values())[-1] and "赵外县" not in page.inner_text("main")
        page.go_back()
    sheet = downloaded(page)
    assert {line[0].value for line in sheet.iter_rows(min_row=2)} == set(GROUPS["人员"])
    context.close()
