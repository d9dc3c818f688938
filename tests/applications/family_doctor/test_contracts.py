"""A contract as the norm reads: consent, three payers, running fulfilment, a term, settlement of what was not used."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from applications.family_doctor.definition import APPLICATION, CONTACT, CONTRACT, CONTRACTS, PACKAGE, SERVICE, SETTLEMENT
from health_platform.engine.answers import Filled, Setting, fill
from health_platform.engine.api import Catalogue, Enrolment, Form, system_desk
from health_platform.engine.scheduling import Past, due
from health_platform.kernel import clock
from health_platform.kernel.ids import new_id
from health_platform.kernel.parameters import ParameterValue
from health_platform.kernel.scope import system_scope
from tests.applications.tables import rows
from tests.support.clinic import Region, id_number

pytestmark = pytest.mark.system("C09")

PARAMETERS = {param.code: Decimal(str(param.default)) for param in APPLICATION.params}
SIGNED = date(2026, 1, 15)
AGREED = {
    "number": "XY2026-001", "kind": "1", "signed_as": "1", "signer": "本人", "consent": True, "doctors": "1", "package": "2",
    "groups": ["1", "4"], "due_times": 12, "price": 120, "paid": 20,
}  # fmt: skip


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    made = Catalogue()
    made.add(APPLICATION)
    return made


def filled(catalogue: Catalogue, form: Form, written: dict[str, Any], day: date = SIGNED, **known: Any) -> Filled:
    facts = {"birth_date": date(1950, 1, 1), "enrolled_on": SIGNED, "day": day, "age": 76, "sex": "1", **known}
    return fill(form, Setting(catalogue.form_environment(form), facts, PARAMETERS), written)


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
    given = filled(catalogue, PACKAGE, {"called": "老年人包", "grade": "2", "contents": "血压每季一次", "times": 12, **row})
    assert [finding.field for finding in given.findings] == ([fault] if fault else [])
    assert fault or given.answers["personal"] == Decimal(row["price"]) - Decimal(row["insurance"]) - Decimal(row["public_fund"])


@pytest.mark.parametrize(
    ("change", "fault"),
    [({}, []), ({"consent": False}, ["consent"]), ({"paid": 121}, ["paid"]), ({"signed_as": "2"}, ["family_no", "relation"])],
)
def test_a_contract_needs_a_signature(catalogue: Catalogue, change: dict[str, Any], fault: list[str]) -> None:
    assert [finding.field for finding in filled(catalogue, CONTRACT, {**AGREED, **change}).findings] == fault


def test_it_ends_after_the_agreed_term() -> None:
    assert CONTRACTS.lasts is not None and CONTRACTS.lasts.after(SIGNED, dict(PARAMETERS)) == date(2027, 1, 15)
    longer = {**PARAMETERS, "contract_months": Decimal(36)}
    assert CONTRACTS.lasts.after(SIGNED, dict(longer)) == date(2029, 1, 15)


def test_services_add_up_and_are_due_every_quarter(catalogue: Catalogue) -> None:
    one = {"item": "03", "way": "1", "content": "血压 138/84", "value": "5.5"}
    first = filled(catalogue, SERVICE, one, date(2026, 2, 1)).answers
    second = filled(catalogue, SERVICE, one, date(2026, 3, 1), previous_used=first["used"], previous_done=first["done"]).answers
    assert (first["used"], first["done"], second["used"], second["done"]) == (Decimal("5.5"), 1, Decimal("11.0"), 2)
    setting = Setting(catalogue.form_environment(SERVICE), {"enrolled_on": SIGNED}, PARAMETERS)
    assert [one.due_on for one in due(CONTACT, [], setting)] == [date(2026, 2, 14)]
    done = [Past(date(2026, 2, 1), first), Past(date(2026, 3, 1), second)]
    assert [one.due_on for one in due(CONTACT, done, setting)] == [date(2026, 6, 1)]


@pytest.mark.parametrize(("paid", "used", "refund"), [(20, "5.5", "14.5"), (20, "20", "0"), (20, "33", "0"), (0, "0", "0")])
def test_what_was_not_used_is_paid_back(catalogue: Catalogue, paid: int, used: str, refund: str) -> None:
    written = {"reason": "1", "applied_on": "2026-05-01", "used": used, "agreed": True}
    given = filled(catalogue, SETTLEMENT, written, date(2026, 5, 2), entry_paid=Decimal(paid))
    assert given.findings == [] and given.answers["refund"] == Decimal(refund)


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
        answers = {**AGREED, "doctors": team["id"], "package": package["id"]}
        return doctor.post("/family_contract/members", {"person": person, "answers": answers, "day": SIGNED.isoformat()}, expect)

    last = sign(1, 201)
    assert last["team"] == "小塘一队", "the team picked is the team in charge"
    assert "达到上限 500 人" in sign(2, 409)["error"]["message"]
    doctor.post(f"/family_contract/members/{last['id']}/close", {"reason": "asked", "day": SIGNED.isoformat()}, 200)
    sign(3, 201)
