"""The quality officer of a hospital with a bad score reads why, answers, mends, uploads again and sees the effect."""

from __future__ import annotations

import io
import shutil
import subprocess
from datetime import UTC, datetime
from typing import Any

import pytest
from openpyxl import load_workbook

from etl.quality.reports.service import make_all
from health_platform.kernel import clock
from tests.quality_reports.conftest import NOW, Region, visits, workdays

pytestmark = pytest.mark.system("G10")
BASE = "/api/v1/quality/reports"


def report_of(region: Region, key: str) -> dict[str, Any]:
    row = region.officer(key).get(BASE).json[0]
    return dict(region.officer(key).get(f"{BASE}/{row['id']}").json)


def test_every_institution_gets_its_own_report_and_no_other(region: Region) -> None:
    for key in ("good", "bad", "mch", "silent"):
        rows = region.officer(key).get(BASE).json
        assert {row["institution_id"] for row in rows} == {str(region.units[key])}
    other = region.officer("good").get(BASE).json[0]["id"]
    for path in ("", "/report.xlsx", "/report.pdf", "/answers", "/effect"):
        assert region.officer("bad").get(f"{BASE}/{other}{path}").status_code == 404
    assert region.officer("bad").post(f"{BASE}/{other}/answers", json={"text": "不是我的"}).status_code == 404


def test_a_silent_institution_hears_that_nothing_came(region: Region) -> None:
    report = report_of(region, "silent")
    assert (report["content"]["score"]["total"], report["content"]["score"]["rows"]) == ("0.00", 0)
    assert (report["content"]["peers"]["place"], report["content"]["peers"]["of"]) == (5, 5)
    page = region.officer("silent").get(f"/console/quality/reports/{report['id']}").data.decode()
    assert "本期没有数据入库" in page and "没有不合格的规则" not in page


def test_the_monitor_names_who_sent_nothing(region: Region) -> None:
    page = region.acting().get("/console/quality/calendar?month=2026-10").data.decode()
    assert "没有申报的机构（1 家）" in page
    assert page.index("浉河区第二医院") < page.index("没有申报的机构") < page.index("浉河区康复医院")


def test_a_day_on_which_nothing_came_is_missing_from_the_first_week_on(region: Region) -> None:
    cells = region.acting().get("/api/v1/quality/calendar?first=2026-10-01&last=2026-10-31").json
    states = {cell["day"]: cell["state"] for cell in cells if cell["institution_id"] == str(region.units["fourth"])}
    missing = [day for day, state in states.items() if state == "missing"]
    assert missing == [day.isoformat() for day in workdays()[5:]], "it sent five days and then nothing; weekends are not due"


def test_the_report_says_what_is_wrong_and_how_to_mend_it(region: Region) -> None:
    content = report_of(region, "bad")["content"]
    labels = [rule["label"] for rule in content["worst"]]
    assert any("结束" in label or "出院" in label for label in labels), labels
    assert any("性别" in label for label in labels), labels
    assert all(rule["mend"] and 0 < rule["failed"] <= rule["applicable"] for rule in content["worst"])
    assert content["score"]["formula"]
    assert float(content["score"]["total"]) < float(report_of(region, "good")["content"]["score"]["total"])


def test_peers_are_those_of_the_same_kind_and_level(region: Region) -> None:
    peers = report_of(region, "bad")["content"]["peers"]
    assert (peers["label"], peers["of"], peers["count"]) == ("二级医院", 4, 3)
    assert 1 < peers["place"] <= 4
    alone = report_of(region, "mch")["content"]["peers"]
    assert alone == {"label": "二级公共卫生机构", "count": 0}


def test_the_workbook_shows_failing_rows_masked(region: Region) -> None:
    report = report_of(region, "bad")
    reader = region.acting(**{**region.officer_facts("bad"), "permissions": {"quality.report.read"}})
    book = load_workbook(io.BytesIO(reader.get(f"{BASE}/{report['id']}/report.xlsx").data))
    assert book.sheetnames == ["汇总", "扣分规则", "问题样例", "趋势"]
    examples = list(book["问题样例"].iter_rows(values_only=True))
    assert len(examples) > 1
    text = str(examples)
    assert "bad-10" in text and "国强" not in text and "1390013800" not in text
    assert list(book["汇总"].iter_rows(values_only=True))[2][1] == float(report["content"]["score"]["total"])


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")
def test_the_pdf_reads_as_the_report_does(region: Region) -> None:
    report = report_of(region, "bad")
    answer = region.officer("bad").get(f"{BASE}/{report['id']}/report.pdf")
    assert answer.data[:5] == b"%PDF-", answer.data[:200]
    done = subprocess.run(["pdftotext", "-", "-"], input=answer.data, capture_output=True, check=True)
    text = done.stdout.decode()
    assert "浉河区第二医院" in text
    assert report["content"]["score"]["total"] in text
    assert "主要扣分规则与改正方法" in text


def test_the_same_data_make_no_second_edition(region: Region) -> None:
    before = len(region.officer("good").get(BASE).json)
    with clock.travel(NOW):
        assert make_all(region.platform) == 0
    assert len(region.officer("good").get(BASE).json) == before


def test_the_institution_answers_and_only_an_administrator_closes(region: Region) -> None:
    report = report_of(region, "third")
    officer, admin = region.officer("third"), region.acting(division="411503")
    assert officer.post(f"{BASE}/{report['id']}/read").json["state"] == "read"
    assert officer.post(f"{BASE}/{report['id']}/answers", json={"text": "接口已修正"}).status_code == 201
    assert officer.post(f"{BASE}/{report['id']}/close", json={"text": "办结"}).status_code == 403
    assert admin.get(f"{BASE}/{report['id']}").json["state"] == "answered"
    assert admin.post(f"{BASE}/{report['id']}/close", json={"text": "情况属实"}).status_code == 200
    assert officer.post(f"{BASE}/{report['id']}/answers", json={"text": "再补充"}).status_code == 409
    assert [said["text"] for said in officer.get(f"{BASE}/{report['id']}/answers").json] == ["接口已修正", "情况属实"]


def test_mended_data_uploaded_again_show_their_effect(region: Region) -> None:
    report = report_of(region, "bad")
    officer = region.officer("bad")
    with clock.travel(NOW):
        before = officer.get(f"{BASE}/{report['id']}/effect").json
    assert before["before"] == report["content"]["score"]["total"]
    rows = [row for day in workdays() for row in visits("bad", day, faulty=False)]
    region.send("bad", rows, "bad-october-mended", datetime(2026, 11, 4, 1, tzinfo=UTC))
    region.check()
    with clock.travel(NOW):
        after = officer.get(f"{BASE}/{report['id']}/effect").json
    assert float(after["after"]) > float(before["before"]) + 5
    assert all(rule["after"] < rule["before"] for rule in after["rules"] if "结束" in rule["label"] or "性别" in rule["label"])
    assert officer.get(f"{BASE}/{report['id']}").json["content"] == report["content"]
    page = officer.get(f"/console/quality/reports/{report['id']}").data.decode()
    assert "整改效果" in page and "提高" in page
