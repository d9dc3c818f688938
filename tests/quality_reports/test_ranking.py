"""The city's administrator ranks, announces, answers objections, publishes and explains; units see what is theirs or public."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from openpyxl import load_workbook

from health_platform.kernel import clock
from tests.quality_reports.conftest import NOW, Region
from tests.support.principals import CallerClient

pytestmark = pytest.mark.system("G10")
BASE = "/api/v1/quality/ranking"


def hospitals(client: CallerClient, **query: str) -> list[dict[str, Any]]:
    return list(client.get(BASE, query_string={"month": "2026-10", "group": "hospital", **query}).json)


def test_the_silent_hospital_stands_last_and_the_score_is_explained(region: Region) -> None:
    lines = hospitals(region.acting())
    assert lines[-1]["name"] == "浉河区康复医院"
    assert (lines[-1]["score"], lines[-1]["rank"]) == ("0.00", 5)
    assert lines[0]["rank"] == 1 and lines[0]["name"] in ("浉河区中心医院", "平桥区人民医院", "浉河区第二医院")
    for line in lines:
        assert abs(sum(float(part["points"]) for part in line["parts"]) - float(line["score"])) < 0.03
    assert all("没有入库数据" in part["how"] for part in lines[-1]["parts"])


def test_counties_and_public_health_units_are_ranked_too(region: Region) -> None:
    everything = region.acting().get(BASE, query_string={"month": "2026-10"}).json
    groups = {line["group"] for line in everything}
    assert groups == {"hospital", "public_health", "county"}
    counties = {line["name"]: float(line["score"]) for line in everything if line["group"] == "county"}
    assert set(counties) == {"浉河区", "平桥区"}


def test_a_county_sees_its_own_units_only(region: Region) -> None:
    assert {line["name"] for line in hospitals(region.acting(division="411503"))} == {"平桥区人民医院", "平桥区第二医院"}
    assert {line["name"] for line in hospitals(region.officer("bad"))} == {"浉河区第二医院"}


def edition(region: Region, admin: CallerClient, **changes: Any) -> str:
    body = {"title": "2026年10月数据质量排名", "month": "2026-10", "pool": 100_000, "group": "hospital", **changes}
    answer = admin.post(f"{BASE}/editions", json=body)
    assert answer.status_code == 201, answer.json
    return str(answer.json["id"])


def test_an_edition_goes_from_draft_over_objections_to_frozen(region: Region) -> None:
    admin = region.acting()
    with clock.travel(NOW):
        number = edition(region, admin)
        officer = region.officer("fourth")
        assert number not in [row["id"] for row in officer.get(f"{BASE}/notices").json]
        assert admin.post(f"{BASE}/editions/{number}/publish").status_code == 409
        assert admin.post(f"{BASE}/editions/{number}/announce").json["state"] == "objections"
        (shown,) = [row for row in officer.get(f"{BASE}/notices").json if row["id"] == number]
        assert len({line["name"] for line in shown["standings"] if line["group"] == "hospital"}) == 5
        objection = officer.post(f"{BASE}/notices/{number}/objections", json={"text": "系统升级停机，已补传"}).json
    with clock.travel(NOW + timedelta(days=6)):
        late = officer.post(f"{BASE}/notices/{number}/objections", json={"text": "还有一条意见"})
        assert late.json["error"]["code"] == "ranking.closed"
        assert admin.post(f"{BASE}/editions/{number}/publish").json["error"]["code"] == "ranking.unanswered"
        url = f"{BASE}/objections/{objection['id']}/answer"
        assert officer.post(url, json={"accepted": True, "text": "同意"}).status_code == 403
        assert admin.post(url, json={"accepted": False, "text": "补传数据未到"}).json["state"] == "rejected"
        assert admin.post(f"{BASE}/editions/{number}/publish").json["state"] == "published"
        assert admin.post(f"{BASE}/editions/{number}/recompute").status_code == 409
        frozen = admin.post(f"{BASE}/editions/{number}/freeze").json
    assert frozen["state"] == "frozen"
    assert sum(line["amount"] for line in frozen["funding"]) == 100_000
    assert next(line for line in frozen["funding"] if line["name"] == "浉河区康复医院")["amount"] == 0
    sheet = load_workbook(io.BytesIO(admin.get(f"{BASE}/editions/{number}/funding.xlsx").data)).active
    assert sheet.max_row == 6


def test_a_draft_computed_anew_divides_its_money_among_the_same_units(region: Region) -> None:
    admin = region.acting()
    with clock.travel(NOW):
        number = edition(region, admin)
        first = admin.get(f"{BASE}/editions").json
        again = admin.post(f"{BASE}/editions/{number}/recompute").json
    made = next(row for row in first if row["id"] == number)
    assert again["funding"] == made["funding"] and len(made["funding"]) == 5, "hospitals only, as when it was made"


def test_nobody_publishes_before_the_time_for_objections_is_over(region: Region) -> None:
    admin = region.acting()
    with clock.travel(NOW):
        number = edition(region, admin)
        admin.post(f"{BASE}/editions/{number}/announce")
        assert admin.post(f"{BASE}/editions/{number}/publish").json["error"]["code"] == "ranking.open"
        assert admin.post(f"{BASE}/editions/{number}/withdraw").json["state"] == "draft"
    assert number not in [row["id"] for row in region.officer("bad").get(f"{BASE}/notices").json]


def test_units_and_other_counties_do_not_touch_editions(region: Region) -> None:
    number = edition(region, region.acting())
    body = {"title": "自己排名", "month": "2026-10"}
    assert region.officer("bad").post(f"{BASE}/editions", json=body).json["error"]["code"] == "ranking.unit"
    county = region.acting(division="411503")
    assert county.post(f"{BASE}/editions/{number}/announce").status_code == 404
    assert region.officer("bad").get(f"/console/quality/ranking/editions/{number}").status_code == 404


def test_a_wrong_formula_is_refused_with_the_reason(region: Region) -> None:
    body = {"title": "十月", "month": "2026-10", "pool": 10, "formula": "score +"}
    assert region.acting().post(f"{BASE}/editions", json=body).status_code == 422


def test_the_pages_show_the_ranking(region: Region) -> None:
    admin = region.acting()
    number = edition(region, admin)
    for path in ("?month=2026-10", "/wall?month=2026-10", "/editions", f"/editions/{number}"):
        answer = admin.get(f"/console/quality/ranking{path}")
        assert answer.status_code == 200, answer.data.decode()
    board = admin.get("/console/quality/ranking?month=2026-10").data.decode()
    assert "浉河区康复医院" in board and "上传覆盖率" in board
    admin.post(f"{BASE}/editions/{number}/announce")
    shown = region.officer("bad").get(f"/console/quality/ranking/notices/{number}").data.decode()
    assert "提出异议" in shown and "本单位" in shown
    assert region.acting().get(f"{BASE}/export.xlsx?month=2026-10").status_code == 200
