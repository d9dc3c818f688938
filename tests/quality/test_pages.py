"""The quality officer sees his hospital's findings; administrators see the monitor and write rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from health_platform.app import application, create_platform
from health_platform.kernel import clock
from health_platform.kernel.platform import Platform
from health_platform.settings import Settings
from tests.quality import cases
from tests.quality.conftest import Hospital
from tests.support.principals import CallerClient, PrincipalShelf, client_for, principal

pytestmark = pytest.mark.system("G10")

DAY = datetime(2026, 10, 13, 1, tzinfo=UTC)
OCTOBER = "first=2026-10-01&last=2026-10-31"


@pytest.fixture(scope="session")
def console(quality_platform: Platform) -> Iterator[tuple[Flask, Platform]]:
    """The console over the same stores as the pipeline of these tests."""
    platform = create_platform(Settings(home=quality_platform.settings.home, components="etl,browser_ui"))
    platform.services["test.shelf"] = PrincipalShelf()
    platform.authenticator(platform.services["test.shelf"], first=True)
    yield application(platform), platform
    platform.warehouse.close()
    platform.database.close()


@pytest.fixture
def acting(console: tuple[Flask, Platform]) -> Callable[..., CallerClient]:
    app, platform = console
    return lambda **changes: client_for(app, platform, platform.services["test.shelf"], principal(**changes))


@pytest.fixture
def findings(hospital: Hospital) -> Hospital:
    """A hospital with one visit without a complaint and one in order, checked."""
    moment = DAY.astimezone(clock.LOCAL_ZONE)
    good, bad = (cases.outpatient(f"{hospital.id}-{n}", n, moment)["visit"][0] for n in (1, 2))
    bad.pop("chief_complaint")
    hospital.send({"visit": [good, bad]}, DAY + timedelta(minutes=5))
    hospital.check(DAY + timedelta(days=2))
    return hospital


def test_the_officer_of_a_hospital_sees_what_to_mend_and_why_the_score_is_so(
    findings: Hospital, acting: Callable[..., CallerClient]
) -> None:
    officer = acting(institution_id=findings.id)
    page = officer.get(f"/console/quality?{OCTOBER}&institution_id={findings.id}").text
    assert "门急诊就诊应有主诉" in page
    assert "内容得分" in page and "总分" in page
    link = f"/console/quality/finding?rule=visit.chief_complaint.outpatient&institution_id={findings.id}&{OCTOBER}"
    detail = officer.get(link).text
    assert "在业务系统中补填后重新上传" in detail
    assert f"V{findings.id}-2" in detail and f"V{findings.id}-1" not in detail


def test_the_monitor_and_the_list_of_institutions_open(findings: Hospital, acting: Callable[..., CallerClient]) -> None:
    city = acting()
    assert "就诊记录" in city.get(f"/console/quality/calendar?month=2026-10&institution_id={findings.id}").text
    assert city.get("/console/quality/calendar?month=2026-10").status_code == 200
    assert str(findings.id) in city.get(f"/console/quality?{OCTOBER}").text
    squares = city.get(f"/api/v1/quality/calendar?{OCTOBER}&institution_id={findings.id}").json
    assert {(each["dataset"], each["rows"]) for each in squares if each["rows"]} == {("visit", 2)}


def test_a_rule_is_found_written_tried_and_sent_to_review(findings: Hospital, acting: Callable[..., CallerClient]) -> None:
    author, reviewer = acting(name="编写人"), acting(name="审核人")
    assert "visit.chief_complaint.length" in author.get("/console/quality/rules?dataset=visit&text=主诉").text
    assert "【主诉】" in author.get("/console/quality/rules/visit.chief_complaint.length").text
    code = f"visit.own{findings.id}"
    text = {
        "code": code,
        "dataset": "visit",
        "label": "自编规则",
        "fails": "bed_no is not null",
        "mend": "更正",
        "dimension": "logic",
    }
    assert "【病床号】已填写" in author.get("/console/quality/editor", query_string=text).text
    wrong = author.get("/console/quality/editor", query_string={**text, "fails": "bedno = 1"}).text
    assert "是否想用" in wrong
    made = author.post("/api/v1/quality/rules", json=text)
    assert made.status_code == 201
    assert author.post(f"/api/v1/quality/rules/{made.json['id']}/review", json={"accept": True}).status_code == 403
    assert reviewer.post(f"/api/v1/quality/rules/{made.json['id']}/review", json={"accept": True}).json["state"] == "active"
    assert "使用中" in author.get(f"/console/quality/rules/{code}").text


def test_an_institution_declares_its_counts(findings: Hospital, acting: Callable[..., CallerClient]) -> None:
    officer = acting(institution_id=findings.id, division_code="411502000000")
    said = {"day": "2026-10-13", "outpatient": 5}
    assert officer.put("/api/v1/quality/declared", json=said).status_code == 204
    assert officer.put("/api/v1/quality/declared", json={**said, "outpatient": -1}).status_code == 422
    squares = officer.get(f"/api/v1/quality/calendar?{OCTOBER}&institution_id={findings.id}").json
    assert ("emr_outpatient_record", 5, "missing") in {(each["dataset"], each["declared"], each["state"]) for each in squares}
