"""The programme as a table: what is due when, how catching up goes, who must not be vaccinated."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications.vaccination.definition import APPLICATION, CONTRAINDICATION, SCHEDULE
from applications.vaccination.giving import DOSE
from applications.vaccination.programme import AT_MONTHS, DOSE_OPTIONS, DOSES, GAPS, banned
from health_platform.engine.answers import Filled, Setting, fill
from health_platform.engine.api import Catalogue
from health_platform.engine.definitions.naming import add_months
from health_platform.engine.scheduling import Past, age_on, due
from tests.applications.tables import rows

pytestmark = pytest.mark.system("D09")

PARAMETERS = {param.code: Decimal(str(param.default)) for param in APPLICATION.params}
CATALOGUE = Catalogue()
CATALOGUE.add(APPLICATION)
BORN = date(2025, 3, 1)
GIVEN = {
    "temperature": "36.6", "informed": True, "product": "疫苗", "maker": "企业", "batch_no": "A1", "expires_on": "2027-01-01",
    "site": "1", "route": "1", "given_by": "李护士", "observed": 30,
}  # fmt: skip


def setting(born: date = BORN, sex: str = "1", **known: Any) -> Setting:
    return Setting(CATALOGUE.form_environment(DOSE), {"birth_date": born, "sex": sex, **known}, PARAMETERS)


def planned(done: dict[str, str], born: date = BORN, sex: str = "1") -> dict[str, date]:
    history = [Past(date.fromisoformat(day), {"dose": dose}) for dose, day in done.items()]
    return {one.item: one.due_on for one in due(SCHEDULE, history, setting(born, sex))}


FIRST = """
    dose   | due
    hepb_1 | 2025-03-01
    bcg_1  | 2025-03-01
    ipv_1  | 2025-05-01
    dtap_1 | 2025-05-01
    mena_1 | 2025-09-01
    mmr_1  | 2025-11-01
    je_1   | 2025-11-01
    hepa_1 | 2026-09-01
    menac_1 | 2028-03-01
"""


@pytest.mark.parametrize("row", rows(FIRST), ids=lambda row: row["dose"])
def test_a_newborns_first_doses(row: dict[str, str]) -> None:
    assert planned({})[row["dose"]] == date.fromisoformat(row["due"])


CATCHING_UP = """
    done                                | next   | due
    hepb_1=2025-03-01                   | hepb_2 | 2025-04-01
    hepb_1=2025-06-10                   | hepb_2 | 2025-07-08
    hepb_1=2025-03-01 hepb_2=2025-08-20 | hepb_3 | 2025-10-19
    ipv_1=2025-05-01 ipv_2=2025-06-20   | opv_3  | 2025-07-18
    mena_1=2025-12-15                   | mena_2 | 2026-03-15
    menac_1=2029-06-01                  | menac_2 | 2032-05-31
"""


@pytest.mark.parametrize("row", rows(CATCHING_UP), ids=lambda row: row["done"])
def test_a_late_dose_moves_the_next_by_its_interval(row: dict[str, str]) -> None:
    done = dict(part.split("=") for part in row["done"].split())
    assert planned(done)[row["next"]] == date.fromisoformat(row["due"])


def test_hpv_is_for_girls_born_since_the_programme_knows_it() -> None:
    assert "hpv_1" in planned({}, date(2012, 5, 1), "2")
    assert "hpv_1" not in planned({}, date(2012, 5, 1), "1")
    assert "hpv_1" not in planned({}, date(2011, 5, 1), "2")


@given(st.lists(st.integers(0, 300), min_size=len(DOSES), max_size=len(DOSES)))
def test_no_dose_is_ever_planned_before_its_age_or_its_interval(delays: list[int]) -> None:
    done: dict[str, str] = {}
    for dose, delay in zip(DOSES, delays, strict=True):
        plan = planned(done, sex="2", born=date(2012, 3, 1))
        if dose not in plan:
            continue
        assert plan[dose] >= add_months(date(2012, 3, 1), AT_MONTHS[dose])
        if dose in GAPS:
            before, gap = GAPS[dose]
            assert (plan[dose] - date.fromisoformat(done[before])).days >= gap
        done[dose] = date.fromordinal(plan[dose].toordinal() + delay).isoformat()
    assert set(done) == set(DOSES), "whoever comes, however late, is offered every dose in turn"


def vaccinate(day: str, written: dict[str, Any], **known: Any) -> Filled:
    on = date.fromisoformat(day)
    return fill(DOSE, setting(day=on, age=age_on(BORN, on), enrolled_on=BORN, **known), {**GIVEN, **written})


def test_a_vaccine_that_is_barred_for_good_is_neither_planned_nor_given() -> None:
    barred = {"so_far_banned_dtap": Decimal(1), "so_far_banned_hepb": Decimal(0)}
    plan = {one.item for one in due(SCHEDULE, [], setting(**barred))}
    assert "dtap_1" not in plan and {"hepb_1", "ipv_1"} <= plan
    assert [one.field for one in vaccinate("2025-05-01", {"dose": "dtap_1"}, **barred).findings] == ["dose"]
    assert vaccinate("2025-05-01", {"dose": "ipv_1"}, **barred).findings == []


def test_every_dose_can_be_barred_by_naming_any_dose_of_its_vaccine() -> None:
    tallies = {one.code: one for one in APPLICATION.tallies}
    rows = CATALOGUE.row_environment(CONTRAINDICATION)
    for option in DOSE_OPTIONS:
        named = {"kind": "1", "doses": f",{option.code},"}
        assert rows.holds(tallies[banned(option.code)].value, named, PARAMETERS), option.code
        assert not rows.holds(tallies[banned(option.code)].value, {**named, "kind": "2"}, PARAMETERS), option.code


@pytest.mark.parametrize(("dose", "asked"), [("mmr_1", ["asked"]), ("hepa_1", ["asked"]), ("mena_1", []), ("ipv_1", [])])
def test_after_immunoglobulin_injected_live_vaccines_wait(dose: str, asked: list[str]) -> None:
    found = vaccinate("2026-09-01", {"dose": dose, "asked": "7"})
    assert [one.field for one in found.questions if one.field == "asked"] == asked


REFUSED = """
    day        | dose   | also                | field
    2025-03-01 | hepb_1 |                     |
    2025-03-01 | hepb_1 | temperature=37.5    | temperature
    2025-03-01 | hepb_1 | informed=否         | informed
    2025-03-01 | hepb_1 | asked=2             | asked
    2025-03-01 | hepb_1 | expires_on=2025-02-28 | expires_on
    2025-04-30 | ipv_1  |                     | early_reason
    2025-05-01 | ipv_1  |                     |
    2025-11-01 | mmr_1  | asked=4             | asked
    2025-09-01 | mena_1 | asked=4             |
    2025-06-01 | flu    |                     |
"""


@pytest.mark.parametrize("row", rows(REFUSED), ids=lambda row: f"{row['dose']} {row['also']}")
def test_who_must_not_be_vaccinated_now(row: dict[str, str]) -> None:
    also = dict(part.split("=") for part in row["also"].split())
    found = vaccinate(row["day"], {"dose": row["dose"], **also})
    assert [finding.field for finding in found.findings] == ([row["field"]] if row["field"] else [])


EARLY = """
    day        | dose   | done                                | interval | early | asked
    2025-04-30 | ipv_1  |                                     |          | yes   | dose
    2025-05-01 | ipv_1  |                                     |          | no    |
    2025-06-19 | ipv_2  | ipv_1=2025-05-23                    | 27       | yes   | dose
    2025-06-20 | ipv_2  | ipv_1=2025-05-23                    | 28       | no    |
    2026-03-14 | mena_2 | mena_1=2025-12-15                   | 89       | yes   | dose
    2026-03-15 | mena_2 | mena_1=2025-12-15                   | 90       | no    |
    2025-07-18 | opv_3  | ipv_1=2025-05-01 ipv_2=2025-06-20   | 28       | no    |
    2025-06-20 | ipv_2  |                                     |          | no    | dose
    2025-11-27 | je_1   | mmr_1=2025-11-01                    |          | yes   | dose
    2025-11-01 | je_1   | mmr_1=2025-11-01                    |          | no    |
    2025-11-29 | je_1   | mmr_1=2025-11-01                    |          | no    |
    2025-11-27 | mena_1 | mmr_1=2025-11-01                    |          | no    |
"""


@pytest.mark.parametrize("row", rows(EARLY), ids=lambda row: f"{row['dose']} {row['day']}")
def test_a_dose_before_its_age_or_interval_needs_a_reason_and_does_not_count(row: dict[str, str]) -> None:
    done = {f"done_{dose}": date.fromisoformat(day) for dose, day in (part.split("=") for part in row["done"].split())}
    on = date.fromisoformat(row["day"])
    around = setting(day=on, age=age_on(BORN, on), enrolled_on=BORN, **done)
    early = row["early"] == "yes"
    written = {**GIVEN, "dose": row["dose"]}
    if early:
        assert [one.field for one in fill(DOSE, around, written).findings] == ["early_reason"]
        written["early_reason"] = "外地接种，补录"
    found = fill(DOSE, around, written)
    assert (found.findings, [one.field for one in found.questions]) == ([], [row["asked"]] if row["asked"] else [])
    assert found.answers["early"] is early
    assert found.answers["interval"] == (Decimal(row["interval"]) if row["interval"] else None)


def test_what_another_institution_gave_is_told_afterwards_without_an_examination() -> None:
    """Nobody here asked, observed or saw the vial; who gave it is asked, and no dose comes before birth."""
    told = {"elsewhere": True, "dose": "bcg_1", "product": "卡介苗", "maker": "不详", "batch_no": "不详"}
    told |= {"site": "1", "route": "3"}
    assert [one.field for one in fill(DOSE, setting(day=BORN), told).findings] == ["given_at"]
    assert fill(DOSE, setting(day=BORN), told | {"given_at": "县医院"}).findings == []
    early = fill(DOSE, setting(day=date(2025, 2, 28)), told | {"given_at": "县医院", "early_reason": "出生前"})
    assert [one.problem for one in early.findings] == ["接种日期早于出生日期"]


def test_an_invalid_dose_is_due_again() -> None:
    history = [Past(date(2025, 5, 1), {"dose": "ipv_1"}), Past(date(2025, 5, 20), {"dose": "ipv_2", "early": True})]
    plan = {one.item: one.due_on for one in due(SCHEDULE, history, setting())}
    assert plan["ipv_2"] == date(2025, 6, 1) and "opv_3" not in plan


@pytest.mark.parametrize(
    ("day", "timely"), [("2025-05-01", True), ("2025-05-31", True), ("2025-06-01", False), ("2025-12-01", False)]
)
def test_a_dose_is_timely_within_a_month_of_its_age(day: str, timely: bool) -> None:
    found = vaccinate(day, {"dose": "dtap_1"})
    assert found.answers["recommended_on"] == date(2025, 5, 1) and found.answers["timely"] is timely
