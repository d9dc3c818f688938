"""The prompts over the JSON API, against a real record: cards with evidence, scope, wishes, outcomes, rules, statistics."""

from __future__ import annotations

import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from applications.clinical_prompts import service, shelf
from applications.clinical_prompts.models import PromptCheck, PromptShown
from health_platform.access.api import Rule, end_consent, set_consent
from health_platform.kernel.audit import AuditEntry
from health_platform.kernel.sheets import write_csv, write_xlsx
from health_platform.records.api import Section
from tests.applications.clinical_prompts.conftest import City
from tests.journeys.patient import local_id

pytestmark = pytest.mark.system("C08")
Ask = Callable[..., Any]


def cards(answer: Any) -> list[tuple[str, str, str]]:
    return [(one["rule"], one["severity"], one["order"]) for one in answer["cards"]]


def test_orders_are_held_against_the_record_of_the_whole_city(ask: Ask) -> None:
    answer = ask(("drug", "阿莫西林克拉维酸钾片"), ("drug", "二甲双胍片"), ("test", "胸部CT"), ("test", "糖化血红蛋白"))
    assert cards(answer) == [
        ("allergy", "critical", "o0"), ("same_drug", "warning", "o0"),
        ("repeat_lab", "warning", "o3"), ("repeat_exam", "warning", "o2"),
    ]  # fmt: skip
    assert answer["known_patient"] is True and answer["unknown"] == [] and answer["withheld"] == 0
    allergy, again, lab, scan = answer["cards"]
    assert allergy["title"] == "患者有阿莫西林过敏史，拟开 阿莫西林克拉维酸钾片" and allergy["needs_reason"]
    assert allergy["evidence"][0]["institution"] == "信阳市中心医院"
    assert again["evidence"][0]["text"].startswith("阿莫西林胶囊（推算用至")
    assert "18 天前已在信阳市中心医院完成" in scan["title"] and scan["evidence"][0]["time"]
    assert "糖化血红蛋白 8.3%" in lab["evidence"][0]["text"]
    assert {one["code"] for one in scan["reasons"]} >= {"R01", "R04", "R99"}


def test_another_institution_gets_the_same_for_its_own_patient_number(ask: Ask) -> None:
    answer = ask(("drug", "磺胺嘧啶片"), institution=3)
    assert cards(answer) == [("allergy", "critical", "o0")]


def test_without_orders_what_to_know_of_the_patient(ask: Ask) -> None:
    answer = ask()
    assert answer["cards"][0]["title"] == "患者有过敏史：阿莫西林、磺胺"
    assert {one["severity"] for one in answer["cards"]} == {"info"}


def test_a_patient_the_city_does_not_know_is_said_to_be_unknown(city: City, ask: Ask) -> None:
    answer = ask(("drug", "缬沙坦胶囊"), ("drug", "贝那普利片"), patient="ZZZ999")
    assert answer["known_patient"] is False
    assert cards(answer) == [("interaction", "warning", "o1")]  # between the orders themselves


def test_every_check_is_on_record_with_doctor_patient_and_prompts(city: City, ask: Ask, visit: str) -> None:
    answer = ask(("drug", "阿莫西林胶囊"))
    with city.unit() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.object_id == answer["check_id"])).one()
        assert (entry.action, entry.person_id, entry.actor_name) == ("prompts.check", city.person_id, "陈志强")
        assert entry.detail["visit_no"] == visit and "allergy:critical" in entry.detail["shown"]
        kept = session.scalars(select(PromptCheck).where(PromptCheck.check_id == answer["check_id"])).one()
        assert kept.orders == 1 and kept.cards == len(answer["cards"])


def test_an_answer_does_not_tell_how_long_it_took(city: City, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two answers differ by what the caller may see, never by the work behind them; the time is in the statistics alone."""
    ticks = iter((0.0, 0.003, 1.0, 8.0))
    monkeypatch.setattr(service, "time", SimpleNamespace(perf_counter=lambda: next(ticks)))
    quick, slow = ask(check_id=str(uuid4())), ask(check_id=str(uuid4()))
    with city.unit() as session:
        took = {row.check_id: row.took_ms for row in session.scalars(select(PromptCheck))}
    assert (took[quick["check_id"]], took[slow["check_id"]]) == (3, 7000)
    same = [{**one, "check_id": "", "cards": [{**card, "id": ""} for card in one["cards"]]} for one in (quick, slow)]
    assert same[0] == same[1]


def test_the_same_check_sent_again_is_one_check(city: City, ask: Ask) -> None:
    number = str(uuid4())
    first = ask(("drug", "阿莫西林胶囊"), check_id=number)
    again = ask(("drug", "阿莫西林胶囊"), check_id=number)
    assert [one["id"] for one in first["cards"]] == [one["id"] for one in again["cards"]]
    with city.unit() as session:
        assert len(session.scalars(select(PromptCheck).where(PromptCheck.check_id == number)).all()) == 1


def test_a_check_id_stands_for_one_patient_and_one_set_of_orders(city: City, ask: Ask, visit: str) -> None:
    number = str(uuid4())
    ask(("drug", "阿莫西林胶囊"), check_id=number)
    body = {"patient": local_id(1), "visit_no": visit, "doctor": {"number": "6021", "name": "陈志强"}, "check_id": number}
    other = {**body, "patient": "ZZZ999", "orders": [{"key": "o0", "kind": "drug", "name": "阿莫西林胶囊"}]}
    assert city.system().post("/api/v1/prompts/check", json=other).status_code == 409
    fewer = city.system().post("/api/v1/prompts/check", json=body)
    assert fewer.status_code == 409 and fewer.json["error"]["code"] == "prompts.check_reused"


def test_what_the_resident_hides_is_not_used_and_counted(city: City, ask: Ask) -> None:
    with city.unit() as session:
        hidden = set_consent(session, city.person_id, Rule("hide", document_class=str(Section.ALLERGY)), 1)
    answer = ask(("drug", "磺胺嘧啶片"))
    with city.unit() as session:
        end_consent(session, city.person_id, hidden)
    assert cards(answer) == [] and answer["withheld"] == 2


def test_an_order_no_table_knows_is_named(ask: Ask) -> None:
    assert ask(("drug", "院内制剂三号"), ("test", "胸部CT"))["unknown"] == ["院内制剂三号"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"patient": ""}, "patient"), ({"doctor": {"number": "1"}}, "doctor.name"), ({"visit_no": None}, "visit_no"),
        ({"orders": [{"key": "1", "kind": "diet", "name": "x"}]}, "orders.0.kind"), ({"check_id": "a b"}, "check_id"),
        ({"orders": [{"key": "1", "kind": "drug", "name": ""}]}, "orders.0.name"), ({"surprise": 1}, "surprise"),
    ],
)  # fmt: skip
def test_a_faulty_request_names_the_field(city: City, change: dict[str, Any], field: str) -> None:
    body = {"patient": local_id(1), "visit_no": "V1", "doctor": {"number": "1", "name": "陈"}, "orders": [], **change}
    answer = city.system().post("/api/v1/prompts/check", json=body)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json["error"]["facts"]["findings"]] == [field]


def test_only_systems_of_institutions_may_ask(city: City) -> None:
    body = {"patient": local_id(1), "visit_no": "V1", "doctor": {"number": "1", "name": "陈"}, "orders": []}
    assert city.acting(permissions={"records.view"}).post("/api/v1/prompts/check", json=body).status_code == 403
    assert city.acting(institution_id=None).post("/api/v1/prompts/check", json=body).status_code == 422


# -- outcomes


def settle(city: City, card: str, institution: int = 1, **said: Any) -> Any:
    return city.system(institution).post(f"/api/v1/prompts/cards/{card}/outcome", json=said)


def test_going_on_against_a_critical_prompt_needs_a_reason_and_is_kept(city: City, ask: Ask) -> None:
    card = ask(("drug", "阿莫西林胶囊"))["cards"][0]["id"]
    refused = settle(city, card, outcome="overridden", doctor="陈志强")
    assert refused.status_code == 422 and refused.json["error"]["message"] == "忽略“药物过敏”提示须说明原因"
    assert settle(city, card, outcome="overridden", reason="R77").status_code == 422
    assert settle(city, card, outcome="overridden", reason="R14", comment="皮试阴性", doctor="陈志强").status_code == 204
    with city.unit() as session:
        row = session.scalars(select(PromptShown).where(PromptShown.card_id == card)).one()
        assert (row.outcome, row.reason, row.comment, row.outcome_by) == ("overridden", "R14", "皮试阴性", "陈志强")
        entry = session.scalars(select(AuditEntry).where(AuditEntry.object_id == card)).one()
        assert (entry.action, entry.person_id, entry.detail["reason"]) == ("prompts.outcome", city.person_id, "R14")


def test_overridden_once_is_not_asked_again_in_the_visit_but_in_the_next(ask: Ask, city: City) -> None:
    first = ask(("test", "胸部CT"))
    settle(city, first["cards"][0]["id"], outcome="overridden", reason="R01")
    again = ask(("test", "胸部CT"))
    assert again["cards"] == [] and again["suppressed"] == 1
    assert cards(ask(("test", "胸部CT"), visit_no=f"V{uuid4().hex[:8]}")) == [("repeat_exam", "warning", "o0")]


def test_a_card_of_another_institution_does_not_exist(city: City, ask: Ask) -> None:
    card = ask(("drug", "阿莫西林胶囊"))["cards"][0]["id"]
    assert settle(city, card, institution=2, outcome="accepted").status_code == 404


# -- rules, switches, tables


def test_a_rule_changes_by_version_and_goes_back(city: City, ask: Ask) -> None:
    editor = city.acting(permissions={"prompts.edit", "prompts.read"})
    orders = (("drug", "苯磺酸氨氯地平片"),)  # the earlier prescription is 9 days old
    assert cards(ask(*orders)) == []
    change = {"enabled": True, "assumed_days": 28, "note": "本县处方多为一个月"}
    changed = editor.put("/api/v1/prompts/rules/same_drug", json=change)
    assert changed.json["version"] >= 1 and changed.json["parameters"]["assumed_days"] == 28
    assert cards(ask(*orders)) == [("same_drug", "warning", "o0")]
    assert editor.put("/api/v1/prompts/rules/same_drug", json={"enabled": True, "note": "恢复"}).status_code == 200
    assert cards(ask(*orders)) == []
    refused = editor.put("/api/v1/prompts/rules/same_drug", json={**change, "assumed_days": 400})
    assert refused.status_code == 422 and refused.json["error"]["facts"]["findings"][0]["field"] == "assumed_days"
    other = editor.put("/api/v1/prompts/rules/allergy", json=change)
    assert other.status_code == 422 and other.json["error"]["facts"]["parameter"] == "assumed_days"


def test_an_institution_switches_a_rule_off_for_itself(city: City, ask: Ask) -> None:
    with city.unit() as session:
        shelf.switch(session, 3, "411502000000", "repeat_exam", False, ("村卫生室不开CT", "管理员"))
    assert cards(ask(("test", "胸部CT"), institution=3)) == []
    assert cards(ask(("test", "胸部CT"))) == [("repeat_exam", "warning", "o0")]


def test_a_switch_reaches_no_further_than_its_setter(city: City) -> None:
    body = {"institution_id": "12345", "rule": "repeat_exam", "enabled": False, "reason": "测试"}
    assert city.acting(permissions={"prompts.switch"}).put("/api/v1/prompts/switches", json=body).status_code == 404


def upload(city: City, table: str, content: bytes) -> Any:
    editor = city.acting(permissions={"prompts.edit", "prompts.read"})
    form = {"file": (io.BytesIO(content), f"{table}.xlsx"), "note": "市互认目录 2026"}
    return editor.post(f"/api/v1/prompts/tables/{table}", data=form, content_type="multipart/form-data")


def test_a_county_loads_its_own_recognition_periods(city: City, ask: Ask) -> None:
    headings = shelf.table_of("test_item").headings
    rows = [{**row, "互认天数": "10"} if row["项目编号"] == "E1001" else row for row in shelf.shipped_rows("test_item")]
    loaded = upload(city, "test_item", write_xlsx("互认项目", headings, rows))
    assert loaded.status_code == 201 and loaded.json["active"] is True, loaded.json
    assert cards(ask(("test", "胸部CT"))) == []
    again = upload(city, "test_item", write_csv(headings, shelf.shipped_rows("test_item")))
    assert again.json["version"] == loaded.json["version"] + 1
    assert cards(ask(("test", "胸部CT"))) == [("repeat_exam", "warning", "o0")]
    editor = city.acting(permissions={"prompts.edit", "prompts.read"})
    back = editor.post(f"/api/v1/prompts/tables/test_item/versions/{loaded.json['version']}/activate")
    assert back.status_code == 200 and cards(ask(("test", "胸部CT"))) == []
    editor.post(f"/api/v1/prompts/tables/test_item/versions/{again.json['version']}/activate")
    states = [one["active"] for one in editor.get("/api/v1/prompts/tables/test_item/versions").json]
    assert states == [True, False]


def test_a_faulty_table_is_refused_whole(city: City) -> None:
    rows = [{**row, "互认天数": "很久"} for row in shelf.shipped_rows("test_item")]
    refused = upload(city, "test_item", write_csv(shelf.table_of("test_item").headings, rows))
    assert refused.status_code == 422
    assert refused.json["error"]["message"] == "知识表 互认项目 第 2 行“互认天数”的值 很久 无效：1 至 1000 的整数"


def test_the_table_in_force_can_be_downloaded_and_loaded_again(city: City) -> None:
    answer = city.acting(permissions={"prompts.read"}).get("/api/v1/prompts/tables/allergen/file")
    assert upload(city, "allergen", answer.data).status_code == 201


# -- statistics


def test_statistics_show_what_is_cited_overridden_and_ignored(city: City, ask: Ask) -> None:
    reader = city.acting(permissions={"prompts.read"}, division="411502")
    before = {one["rule"]: one for one in reader.get("/api/v1/prompts/statistics").json}
    shown = [ask(("test", "胸部CT"), visit_no=f"V{uuid4().hex[:8]}")["cards"][0]["id"] for _ in range(3)]
    settle(city, shown[0], outcome="accepted")
    settle(city, shown[1], outcome="overridden", reason="R01")
    after = {one["rule"]: one for one in reader.get("/api/v1/prompts/statistics").json}
    grown = {
        key: after["repeat_exam"][key] - before["repeat_exam"][key] for key in ("shown", "accepted", "overridden", "ignored")
    }
    assert grown == {"shown": 3, "accepted": 1, "overridden": 1, "ignored": 1}
    elsewhere = city.acting(permissions={"prompts.read"}, division="411526").get("/api/v1/prompts/statistics").json
    assert sum(one["shown"] for one in elsewhere) == 0
