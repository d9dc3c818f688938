"""A contract as its parties live it: three payers, a seal, a term, services, reminders, renewal, settlement, spot checks."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from applications.family_doctor.agreement import CONTRACT, PACKAGE
from applications.family_doctor.definition import APPLICATION, CONTACT, CONTRACTS
from applications.family_doctor.fulfilment import SERVICE
from applications.family_doctor.settling import SETTLEMENT
from health_platform.engine.answers import Filled, Setting, fill
from health_platform.engine.api import Catalogue, Enrolment, Form, SignatureAuthority, Submission, system_desk
from health_platform.engine.scheduling import Past, due
from health_platform.engine.upkeep import end_memberships
from health_platform.kernel import clock
from health_platform.kernel.crypto import sm2, sm3
from health_platform.kernel.ids import new_id
from health_platform.kernel.parameters import ParameterValue
from health_platform.kernel.scope import system_scope
from tests.applications.tables import rows
from tests.support.clinic import Clinic, Region, id_number, on

pytestmark = pytest.mark.system("C09")

PARAMETERS = {param.code: Decimal(str(param.default)) for param in APPLICATION.params}
SIGNED = date(2026, 1, 15)
AGREED: dict[str, Any] = {
    "number": "XY2026-001", "kind": "1", "signed_as": "1", "signer": "周一", "signer_is": "1", "signed_how": "1", "consent": True,
    "doctors": "1", "package": "2", "groups": ["1", "4"], "due_times": 12,
    "price": 120, "insurance": 60, "public_fund": 40, "personal": 20, "paid": 20,
}  # fmt: skip
PACKED = {"called": "老年人包", "grade": "2", "contents": "血压每季一次", "times": 12}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    made = Catalogue()
    made.add(APPLICATION)
    return made


def filled(catalogue: Catalogue, form: Form, written: dict[str, Any], day: date = SIGNED, **known: Any) -> Filled:
    parameters = PARAMETERS | {code: known.pop(code) for code in list(known) if code in PARAMETERS}
    facts = {
        "birth_date": date(1950, 1, 1),
        "enrolled_on": SIGNED,
        "ends_on": date(2027, 1, 15),
        "day": day,
        "age": 76,
        "sex": "1",
    }
    return fill(form, Setting(catalogue.form_environment(form), {**facts, **known}, parameters), written)


PACKAGES_TABLE = """
    price | insurance | public_fund | personal | fault
    120   | 60        | 40          | 20       |
    120   | 60        | 40          |          |
    120   | 60        | 40          | 30       | personal
    0     | 0         | 0           | 0        |
"""


@pytest.mark.parametrize("row", rows(PACKAGES_TABLE), ids=str)
def test_three_payers_bear_the_price(catalogue: Catalogue, row: dict[str, str]) -> None:
    fault = row.pop("fault")
    given = filled(catalogue, PACKAGE, {**PACKED, **row})
    assert [finding.field for finding in given.findings] == ([fault] if fault else [])
    assert fault or given.answers["personal"] == Decimal(row["price"]) - Decimal(row["insurance"]) - Decimal(row["public_fund"])


@pytest.mark.parametrize(
    ("change", "fault"),
    [({}, []), ({"consent": False}, ["consent"]), ({"paid": 21}, ["paid"]), ({"signed_as": "2"}, ["family_no", "relation"]),
     ({"insurance": 70}, ["personal"]), ({"signer": ""}, ["signer"])],
)  # fmt: skip
def test_a_contract_needs_a_signature_and_payers(catalogue: Catalogue, change: dict[str, Any], fault: list[str]) -> None:
    assert [finding.field for finding in filled(catalogue, CONTRACT, {**AGREED, **change}).findings] == fault


def test_it_ends_after_the_agreed_term() -> None:
    assert CONTRACTS.lasts is not None and CONTRACTS.lasts.after(SIGNED, dict(PARAMETERS)) == date(2027, 1, 15)
    longer = {**PARAMETERS, "contract_months": Decimal(36)}
    assert CONTRACTS.lasts.after(SIGNED, dict(longer)) == date(2029, 1, 15)


def test_services_are_due_every_quarter(catalogue: Catalogue) -> None:
    setting = Setting(catalogue.form_environment(SERVICE), {"enrolled_on": SIGNED}, PARAMETERS)
    assert [one.due_on for one in due(CONTACT, [], setting)] == [date(2026, 2, 14)]
    done = [Past(date(2026, 2, 1), {}), Past(date(2026, 3, 1), {})]
    assert [one.due_on for one in due(CONTACT, done, setting)] == [date(2026, 6, 1)]


# price 120 = 60 insurance + 40 public + 20 own; 12 services agreed; term 2026-01-15 to 2027-01-15, 365 days
SETTLEMENTS = """
    paid | done | stopped    | weight | reason | asked | used   | own   | refund
    20   | 0    | 2026-01-15 | 0.5    | 1      | 1     | 0      | 0     | 20
    20   | 6    | 2026-01-15 | 1      | 1      | 1     | 60     | 10    | 10
    20   | 6    | 2026-01-15 | 0.5    | 1      | 1     | 30     | 5     | 15
    20   | 0    | 2026-03-29 | 0      | 1      | 1     | 24     | 4     | 16
    20   | 6    | 2026-03-29 | 0.5    | 4      | 1     | 42     | 7     | 13
    20   | 6    | 2026-03-29 | 0.5    | 4      | 0.5   | 42     | 7     | 6.5
    20   | 6    | 2026-03-29 | 0.5    | 5      | 0.5   | 42     | 7     | 13
    20   | 30   | 2026-03-29 | 1      | 1      | 1     | 120    | 20    | 0
    0    | 3    | 2026-03-29 | 0.5    | 1      | 1     | 27     | 4.5   | 0
"""


@pytest.mark.parametrize("row", rows(SETTLEMENTS), ids=str)
def test_what_was_not_used_is_paid_back(catalogue: Catalogue, row: dict[str, str]) -> None:
    written = {"reason": row["reason"], "applied_on": "2026-01-15", "stopped_on": row["stopped"], "agreed": True}
    entry = {f"entry_{code}": Decimal(value) for code, value in AGREED.items() if type(value) is int} | {
        "entry_paid": Decimal(row["paid"])
    }
    rule = {"service_weight": Decimal(row["weight"]), "asked_rate": Decimal(row["asked"])}
    given = filled(catalogue, SETTLEMENT, written, date(2026, 4, 1), so_far_services=Decimal(row["done"]), **entry, **rule)
    assert given.findings == []
    found = {name: given.answers[name] for name in ("used", "own_part", "refund", "weight")}
    assert found == {
        "used": Decimal(row["used"]), "own_part": Decimal(row["own"]), "refund": Decimal(row["refund"]),
        "weight": Decimal(row["weight"]),
    }  # fmt: skip
    parts = [given.answers[name] for name in ("insurance_part", "public_part", "own_part")]
    assert sum(parts) == given.answers["used"], "the three payers bear together what was used"


def test_a_figure_is_corrected_with_a_reason_and_the_computed_one_stays(catalogue: Catalogue) -> None:
    entry = {
        "entry_price": Decimal(120),
        "entry_personal": Decimal(20),
        "entry_paid": Decimal(20),
        "entry_due_times": Decimal(12),
    }
    written = {"reason": "1", "applied_on": "2026-03-29", "agreed": True, "corrected": True, "corrected_to": 18}
    known = {**entry, "so_far_services": Decimal(6)}
    without = filled(catalogue, SETTLEMENT, written, date(2026, 4, 1), **known)
    assert [finding.field for finding in without.findings] == ["corrected_why"]
    given = filled(catalogue, SETTLEMENT, {**written, "corrected_why": "体检未做"}, date(2026, 4, 1), **known)
    assert (given.answers["owed"], given.answers["refund"]) == (Decimal(13), Decimal(18))
    more = filled(catalogue, SETTLEMENT, {**written, "corrected_why": "误", "corrected_to": 21}, date(2026, 4, 1), **known)
    assert [finding.field for finding in more.findings] == ["corrected_to"]


# -- over the API


@pytest.fixture(scope="module")
def desk(region: Region) -> Iterator[tuple[Clinic, dict[str, str]]]:
    """A clinic with a team and a package of 120 a year."""
    doctor = replace(region.clinic(name="签约服务站"), application="family_doctor")
    with on("2025-12-01"):
        called = {"called": "大塘一队", "leader": "李", "members": "王", "service_phone": "1"}
        team = doctor.post("/doctor_team/members", {"answers": called})
        paid = {"price": 120, "insurance": 60, "public_fund": 40}
        package = doctor.post("/service_package/members", {"answers": {**PACKED, **paid}})
    yield doctor, {"doctors": team["id"], "package": package["id"]}


def signed(desk: tuple[Clinic, dict[str, str]], day: str, expect: int = 201, **change: Any) -> Any:
    """A resident signs; what the package says is not typed again."""
    doctor, picks = desk
    left_out = ("due_times", "price", "insurance", "public_fund", "personal", "paid")
    answers = {**{code: value for code, value in AGREED.items() if code not in left_out}, **picks, **change}
    person = {"name": "周一", "id_no": id_number(date(1950, 1, 1))}
    return doctor.post("/family_contract/members", {"person": person, "answers": answers, "day": day}, expect)


def serve(doctor: Clinic, member: str, day: str) -> Any:
    answers = {"item": "03", "way": "1", "content": "血压 138/84"}
    return doctor.post(f"/family_contract/members/{member}/contract_service", {"answers": answers, "day": day})


def test_the_package_fills_in_the_contract(desk: tuple[Clinic, dict[str, str]]) -> None:
    with on("2026-01-15"):
        member = signed(desk, "2026-01-15")
        (entry,) = desk[0].get(f"/family_contract/members/{member['id']}")["submissions"]
    wanted = ("due_times", "price", "insurance", "public_fund", "personal", "paid")
    assert {code: entry["answers"][code] for code in wanted} == {code: AGREED[code] for code in wanted}
    assert (member["ends_on"], member["team"]) == ("2027-01-15", "大塘一队")


@pytest.mark.parametrize("change", [{"package": "987"}, {"doctors": "987"}])
def test_a_team_or_package_that_is_not_there_is_refused(desk: tuple[Clinic, dict[str, str]], change: dict[str, str]) -> None:
    with on("2026-01-15"):
        answer = signed(desk, "2026-01-15", 422, **change, due_times=1, price=0, insurance=0, public_fund=0)
    (field,) = change
    assert {"field": field, "problem": f"{CONTRACT.field(field).label}：所选项不存在或已停用"} in answer["error"]["facts"][
        "findings"
    ]


def test_the_agreement_is_sealed_and_anybody_can_check_it(desk: tuple[Clinic, dict[str, str]]) -> None:
    """The text, who signed it, how and when; the signature holds by the public key alone, and a changed row is found out."""
    doctor, _ = desk
    with on("2026-01-15"):
        member = signed(desk, "2026-01-15")
        (entry,) = doctor.get(f"/family_contract/members/{member['id']}")["submissions"]
    seal = entry["seal"]
    assert (seal["signer"], seal["way"], seal["authority"], seal["intact"]) == ("周一", "纸质签字，原件存档", "", True)
    proof = doctor.get(f"/family_contract/members/{member['id']}/family_contract/{entry['id']}/seal")
    document = json.loads(proof["document"])
    assert document["person"]["name"] == "周一" and document["answers"] == entry["answers"]
    assert proof["digest"] == sm3(proof["document"].encode()).hex()
    signed_bytes = base64.b64decode(proof["signed"])
    assert signed_bytes.endswith(proof["document"].encode())
    public = sm2.public_key(base64.b64decode(proof["public_key"]))
    assert sm2.verify(public, signed_bytes, base64.b64decode(proof["signature"]))
    assert not sm2.verify(public, signed_bytes.replace(b"XY2026-001", b"XY2026-002"), base64.b64decode(proof["signature"]))
    with doctor.region.platform.database.unit_of_work(system_scope("test")) as session:
        row = session.get(Submission, int(entry["id"]))
        assert row is not None
        row.answers = {**row.answers, "paid": 0}
    (changed,) = doctor.get(f"/family_contract/members/{member['id']}")["submissions"]
    assert changed["seal"]["intact"] is False


class Notary:
    """A certification authority beside the platform, with keys of its own."""

    label = "示范电子认证"

    def certify(self, document: bytes, signer: str) -> str:
        return f"{signer}:{sm3(document).hex()}"

    def holds(self, document: bytes, evidence: str) -> bool:
        return evidence.endswith(sm3(document).hex())


def test_only_a_connected_authority_certifies(desk: tuple[Clinic, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    with on("2026-01-15"):
        refused = signed(desk, "2026-01-15", 422, signed_how="3")
        assert refused["error"]["code"] == "engine.authority"
        services = desk[0].region.platform.services
        monkeypatch.setitem(services, SignatureAuthority.__qualname__, Notary())
        member = signed(desk, "2026-01-15", signed_how="3")
        (entry,) = desk[0].get(f"/family_contract/members/{member['id']}")["submissions"]
    assert (entry["seal"]["authority"], entry["seal"]["intact"]) == ("示范电子认证", True)


def test_a_contract_ends_with_a_settlement_of_what_was_fulfilled(desk: tuple[Clinic, dict[str, str]]) -> None:
    doctor, _ = desk
    with on("2026-01-15"):
        path = f"/family_contract/members/{signed(desk, '2026-01-15')['id']}"
    with on("2026-04-01"):
        for day in ("2026-02-10", "2026-03-10", "2026-02-20"):
            done = serve(doctor, path.rsplit("/", 1)[1], day)
        assert done["answers"]["done"] == 2, "as of that day"
        leaving = {"reason": "asked", "day": "2026-04-01"}
        refused = doctor.post(f"{path}/close", leaving, 409)
        assert refused["error"]["message"] == "须先填写《解约结算单》，再办理结案"
        sheet = {"answers": {"reason": "4", "applied_on": "2026-03-29", "agreed": True}, "day": "2026-04-01"}
        found = doctor.post(f"{path}/contract_settlement", sheet)["answers"]
        kept = ("fulfilled", "agreed_times", "served_days", "term_days", "weight", "used_share", "used", "own_part", "refund")
        assert {code: found[code] for code in kept} == {
            "fulfilled": 3, "agreed_times": 12, "served_days": 73, "term_days": 365, "weight": 0.5, "used_share": 0.225,
            "used": 27, "own_part": 4.5, "refund": 15.5,
        }  # fmt: skip
        closed = doctor.post(f"{path}/close", leaving, 200)
    assert (closed["state"], closed["close_reason"]) == ("closed", "主动解约")


def test_who_died_is_settled_afterwards(desk: tuple[Clinic, dict[str, str]]) -> None:
    doctor, _ = desk
    with on("2026-01-15"):
        path = f"/family_contract/members/{signed(desk, '2026-01-15')['id']}"
    with on("2026-04-01"):
        doctor.post(f"{path}/close", {"reason": "died", "day": "2026-03-29"}, 200)
        sheet = {"answers": {"reason": "5", "applied_on": "2026-03-29", "agreed": True}, "day": "2026-04-01"}
        assert doctor.post(f"{path}/contract_settlement", sheet)["answers"]["refund"] == 18
        visit = {"answers": {"item": "03", "way": "1", "content": "血压"}, "day": "2026-04-01"}
        assert doctor.post(f"{path}/contract_service", visit, 409)["error"]["code"] == "engine.not_active"


def test_a_contract_is_reminded_of_and_renewed_without_typing_it_again(desk: tuple[Clinic, dict[str, str]]) -> None:
    doctor, picks = desk
    with on("2026-01-15"):
        old = signed(desk, "2026-01-15")
    path = f"/family_contract/members/{old['id']}"
    fresh = {"number": "XY2027-001", "signer": "周一", "signer_is": "1", "signed_how": "1", "consent": True}
    carried = {"groups": ["1", "4"], "signed_as": "1", **picks}
    body = {"answers": {**fresh, **carried}}
    with on("2026-11-15"):
        assert doctor.post(f"{path}/renew", body, 409)["error"]["code"] == "engine.not_renewable"
        assert not _listed(doctor, old["id"]), "sixty days before the end"
    with on("2026-12-01"):
        assert _listed(doctor, old["id"]) == ["2027-01-15"]
        wish = {"answers": {"wish": "1"}, "day": "2026-12-01"}
        doctor.post(f"{path}/contract_renewal", wish)
        assert not _listed(doctor, old["id"]), "asked"
        new = doctor.post(f"{path}/renew", {**body, "day": "2026-12-01"})
        assert (new["enrolled_on"], new["ends_on"]) == ("2026-12-01", "2028-01-15"), "nothing of the old term is lost"
        before = doctor.get(path)
        assert (before["state"], before["close_reason"]) == ("closed", "已续签")
        (entry,) = doctor.get(f"/family_contract/members/{new['id']}")["submissions"]
        assert (entry["answers"]["kind"], entry["answers"]["price"]) == ("2", 120)
        assert doctor.post(f"{path}/renew", body, 409)["error"]["code"] == "engine.not_renewable", "once"


def _listed(doctor: Clinic, member: str) -> list[str]:
    """When the renewal of a contract is due, as the working list says."""
    found = doctor.get("/family_contract/tasks", which="due", schedule="renewal", size=200)["rows"]
    return [row["due_on"] for row in found if row["member"]["id"] == member]


def test_a_contract_that_ran_out_is_renewed_from_that_day(desk: tuple[Clinic, dict[str, str]]) -> None:
    doctor, picks = desk
    with on("2026-01-15"):
        old = signed(desk, "2026-01-15")
    with on("2027-02-01"):
        end_memberships(doctor.region.platform)
        assert doctor.get(f"/family_contract/members/{old['id']}")["close_reason"] == "到期"
        answers = {**AGREED, **picks, "number": "XY2027-002"}
        new = doctor.post(f"/family_contract/members/{old['id']}/renew", {"answers": answers, "day": "2027-02-01"})
    assert new["ends_on"] == "2028-02-01"


def test_spot_checks_stand_in_the_figures_and_in_the_alerts(desk: tuple[Clinic, dict[str, str]]) -> None:
    doctor, _ = desk
    year = {"start": "2024-01-01", "end": "2024-12-31", "by": "team"}
    with on("2024-03-01"):
        called = {"called": "抽查队", "leader": "李", "members": "王", "service_phone": "1"}
        team = doctor.post("/doctor_team/members", {"answers": called, "day": "2024-01-01"})["id"]
        sheets = [({"signed": True, "served": True, "signature": True}, []),
                  ({"signed": True, "served": False, "signature": True, "problem": "未上门"}, ["抽查有问题"])]  # fmt: skip
        for answers, marks in sheets:
            member = signed(desk, "2024-03-01", doctors=team, due_times=1, price=0, insurance=0, public_fund=0)
            path = f"/family_contract/members/{member['id']}"
            doctor.post(f"{path}/contract_check", {"answers": {"checked_by": "3", "way": "1", **answers}, "day": "2024-03-01"})
            assert [mark["label"] for mark in doctor.get(path)["marks"]] == marks
        alerts = doctor.get("/alerts")["rows"]
        assert [one["prompt"] for one in alerts if one["enrolment_id"] == member["id"]] == ["doubted"]
    doctor.region.work()
    cells = {line["label"]: line["cells"] for line in doctor.get("/indicators", **year)}["抽查队"]
    assert (cells["fd_checked_rate"]["value"], cells["fd_true_rate"]["value"]) == ("100.00", "50.00")


def test_a_full_team_signs_nobody_more(region: Region) -> None:
    """The county's limit is the least the parameter allows; the 501st is refused, and again taken when one has left."""
    doctor = replace(region.clinic("411525100202", "小塘村卫生室"), application="family_doctor")
    called = {"called": "小塘一队", "leader": "李", "members": "王", "service_phone": "1"}
    team = doctor.post("/doctor_team/members", {"answers": called})
    package = doctor.post("/service_package/members", {"answers": {
        "called": "基础包", "grade": "1", "contents": "血压", "times": 4, "price": 0, "insurance": 0, "public_fund": 0,
    }})  # fmt: skip
    with region.platform.database.unit_of_work(system_scope("test")) as session:
        own = {"key": "family_doctor.team_limit", "division_code": "411525100202", "value": 500}
        session.add(ParameterValue(**own, changed_at=clock.now(), changed_by="周管理"))
        desk = system_desk(session, region.platform)
        for number in range(499):
            session.add(Enrolment(
                id=new_id(), register="family_contract", state="active", enrolled_on=SIGNED, latest={}, line_code="",
                institution_id=doctor.who.institution_id, division_code="411525100202", team="小塘一队",
                changed_at=clock.now(), title=f"居民{number}",
            ))  # fmt: skip
        assert desk.parameters(APPLICATION, "411525100202")["team_limit"] == 500

    def sign(number: int, expect: int) -> Any:
        person = {"name": f"周{number}", "id_no": id_number(date(1950, 1, number))}
        free = dict.fromkeys(("price", "insurance", "public_fund", "personal", "paid"), 0)
        answers = {**AGREED, **free, "doctors": team["id"], "package": package["id"]}
        return doctor.post("/family_contract/members", {"person": person, "answers": answers, "day": SIGNED.isoformat()}, expect)

    last = sign(1, 201)
    assert last["team"] == "小塘一队", "the team picked is the team in charge"
    assert "达到上限 500 人" in sign(2, 409)["error"]["message"]
    doctor.post(f"/family_contract/members/{last['id']}/close", {"reason": "asked", "day": SIGNED.isoformat()}, 200)
    sign(3, 201)
