"""What a unit must order: overdue doses now, the doses that follow them in their months, wastage on top, own unit only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from applications.vaccination.forecast import Planned, counted
from health_platform.engine.api import Newcomer, PersonCard, Place, enrol, system_desk
from health_platform.kernel import clock
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope

pytestmark = pytest.mark.system("D09")

BORN = date(2026, 1, 10)


def test_the_doses_that_follow_are_counted_in_their_months() -> None:
    found = counted([Planned(7, "dtap_1", date(2026, 3, 10), BORN)], date(2026, 3, 1), 6)
    assert found == {
        (7, "dtap", date(2026, 3, 1)): 1, (7, "dtap", date(2026, 5, 1)): 1, (7, "dtap", date(2026, 7, 1)): 1,
    }  # fmt: skip


def test_what_is_overdue_is_needed_this_month_and_the_next_after_its_interval() -> None:
    found = counted([Planned(7, "hepb_1", BORN, BORN)], date(2026, 6, 1), 3)
    assert found == {(7, "hepb", date(2026, 6, 1)): 2, (7, "hepb", date(2026, 8, 1)): 1}, "1 June, 29 June, 28 August"


def test_a_unit_sees_its_own_needs_with_wastage(platform: Platform, as_principal: Callable[..., Any]) -> None:
    with clock.travel(datetime(2026, 3, 5, tzinfo=UTC)):
        with platform.database.unit_of_work(system_scope("test")) as session:
            desk = system_desk(session, platform)
            for number, place in enumerate((Place(7, "411525100000"), Place(7, "411525100000"), Place(8, "411502100000"))):
                card = PersonCard(5000 + number, f"婴儿{number}", "1", BORN)
                answers = {"card_no": f"JZ{number}", "guardian": "母亲", "guardian_phone": "13800000000", "residence": "1"}
                enrol(desk, desk.catalogue.register("vaccination"), Newcomer(answers, date(2026, 1, 20), card, place))
        county = as_principal(division="411525")
        needs = county.get("/api/v1/vaccination/forecast?months=1").get_json()
        assert {need["institution_id"] for need in needs} == {"7"}
        dtap = next(need for need in needs if need["vaccine"] == "百白破疫苗")
        assert (dtap["doses"], dtap["order"]) == (2, 3), "two infants, wastage 1.2, whole doses"
        assert "百白破疫苗" in county.get("/console/vaccination/forecast?months=1").text
        assert county.get("/api/v1/vaccination/forecast?months=13").status_code == 422
