"""Divisions in the database: counties propose, the city decides, closed years stay, records follow and come back."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from health_platform.kernel import clock
from health_platform.kernel.errors import Conflict, PlatformError
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import SYSTEM, system_scope
from registry.api import DivisionFilter, carried_divisions, divisions_of_year, list_divisions, resolve_division, seed
from registry.divisions import changing, migrating, moving, years
from registry.divisions.atlas import Change, ChangeKind, Division, forward
from registry.divisions.followers import DivisionFollowers
from registry.divisions.models import DivisionSnap
from registry.divisions.reading import steps
from registry.institutions.models import Institution
from registry.standards.models import CodeSystem

pytestmark = pytest.mark.system("B05")

CITY, COUNTY, TOWN = "411500000000", "411502000000", "411502001000"
MERGE = {
    "kind": "merge",
    "effective": "2025-06-01",
    "sources": "411502001\n411502002",
    "targets": "411502001 老城民权街道",
    "document": "信政文〔2025〕1号",
}
SPLIT = {
    "kind": "split",
    "effective": "2025-06-01",
    "sources": ["411502001"],
    "targets": [{"code": "411502001", "name": "老城街道"}, {"code": "411502011", "name": "新城街道"}],
}


def test_the_ten_counties_and_their_towns_are_there_at_first_start(seeded: Platform) -> None:
    with seeded.database.unit_of_work(system_scope("test")) as session:
        counties = list_divisions(session, DivisionFilter(under="4115"))
        assert [one.name for one in counties if one.kind == "statutory"] == [
            "浉河区",
            "平桥区",
            "罗山县",
            "光山县",
            "新县",
            "商城县",
            "固始县",
            "潢川县",
            "淮滨县",
            "息县",
        ]
        assert len(list_divisions(session, DivisionFilter(under="411525"))) == 33
        assert [one.name for one in list_divisions(session, DivisionFilter(text="lcjd", under="411502"))] == ["老城街道"]
        systems = len(list(session.scalars(select(CodeSystem.id))))
        assert seed(session).systems == 0 and systems > 300


def test_a_county_submits_and_only_the_city_approves(regional: Platform, as_principal: Callable[..., Any]) -> None:
    county, other, city = as_principal(division="411502"), as_principal(division="411503"), as_principal(division="4115")
    sent = county.post("/api/v1/divisions/changes", data=MERGE)
    assert sent.status_code == 201, sent.json
    change_id = sent.json["id"]
    assert county.post(f"/api/v1/divisions/changes/{change_id}/approve", json={}).status_code == 403
    assert other.get(f"/api/v1/divisions/changes/{change_id}").status_code == 404
    assert other.post("/api/v1/divisions/changes", data=MERGE).status_code == 404
    assert county.post("/api/v1/divisions/years", json={"year": 2024}).status_code == 403
    assert city.post(f"/api/v1/divisions/changes/{change_id}/approve", json={}).status_code == 200
    assert city.post(f"/api/v1/divisions/changes/{change_id}/approve", json={}).status_code == 409
    assert county.get("/api/v1/divisions/411502002").status_code == 404
    assert county.get("/api/v1/divisions/411502001").json["name"] == "老城民权街道"
    asked = "/api/v1/divisions/resolve?code=411502002&from_year=2024&to_year=2026"
    assert county.get(asked).json == {"codes": [TOWN]}


def test_a_refused_change_goes_back_with_its_reason(regional: Platform, as_principal: Callable[..., Any]) -> None:
    county, city = as_principal(division="411502"), as_principal(division="4115")
    change_id = county.post("/api/v1/divisions/changes", json=SPLIT).json["id"]
    assert city.post(f"/api/v1/divisions/changes/{change_id}/reject", json={}).status_code == 422
    back = city.post(f"/api/v1/divisions/changes/{change_id}/reject", json={"note": "缺少批文"})
    assert (back.json["state"], back.json["note"]) == ("rejected", "缺少批文")


def test_a_preview_shows_what_would_change_and_changes_nothing(regional: Platform, as_principal: Callable[..., Any]) -> None:
    county = as_principal(division="411502")
    seen = county.post("/api/v1/divisions/changes/preview", json=SPLIT).json
    assert [one["name"] for one in seen["new"]] == ["新城街道"] and seen["links"] == {TOWN: [TOWN, "411502011000"]}
    assert county.get("/api/v1/divisions/411502011").status_code == 404
    wrong = county.post("/api/v1/divisions/changes/preview", json={**SPLIT, "sources": ["411502999"]})
    assert wrong.status_code == 422 and wrong.json["error"]["facts"]["faults"] == ["source_unknown:411502999000"]


def test_the_code_list_leaves_and_comes_back_as_xlsx(regional: Platform, as_principal: Callable[..., Any]) -> None:
    city = as_principal(division="4115")
    named = {**SPLIT, "kind": "rename", "targets": [{"name": "老城新街道", "area": "411502M01", "code": "411502001"}]}
    assert city.post("/api/v1/divisions/changes", json={**named, "targets": [{"name": "无代码"}]}).status_code == 422
    change_id = city.post("/api/v1/divisions/changes", json=named).json["id"]
    city.post(f"/api/v1/divisions/changes/{change_id}/approve", json={})
    assert city.get("/api/v1/divisions/411502001").json["area"] == "411502M01000"
    file = city.get("/api/v1/divisions/export?year=2025")
    assert file.data[:2] == b"PK"
    again = city.post("/api/v1/divisions/import", data={"file": (BytesIO(file.data), "区划.xlsx")})
    assert (again.json["added"], again.json["same"], again.json["findings"]) == (0, 242, [])


def test_records_follow_a_merge_and_return(
    regional: Platform, hospital: Callable[..., int], work: Callable[[], None], as_principal: Callable[..., Any]
) -> None:
    moved = hospital(1, division_code="411502002000")
    stays = hospital(2, division_code="411502003000")
    city = as_principal(division="4115")
    change_id = city.post("/api/v1/divisions/changes", data=MERGE).json["id"]
    assert city.get(f"/api/v1/divisions/changes/{change_id}/migration").status_code == 409
    city.post(f"/api/v1/divisions/changes/{change_id}/approve", json={})
    preview = city.get(f"/api/v1/divisions/changes/{change_id}/migration").json
    assert {one["label"]: one["count"] for one in preview["moves"]} == {"机构": 1, "机构变更记录": 1} and preview["total"] == 2
    migration = city.post(f"/api/v1/divisions/changes/{change_id}/migration", json={})
    assert migration.status_code == 202
    work()
    assert _places(regional) == {moved: TOWN, stays: "411502003000"}
    assert city.post(f"/api/v1/divisions/changes/{change_id}/migration", json={}).status_code == 409
    city.post(f"/api/v1/divisions/migrations/{migration.json['id']}/undo")
    work()
    assert _places(regional) == {moved: "411502002000", stays: "411502003000"}


def test_a_split_can_send_single_records_elsewhere(
    regional: Platform, hospital: Callable[..., int], work: Callable[[], None], as_principal: Callable[..., Any]
) -> None:
    first, second = hospital(1, division_code=TOWN), hospital(2, division_code=TOWN)
    city = as_principal(division="4115")
    change_id = city.post("/api/v1/divisions/changes", json=SPLIT).json["id"]
    city.post(f"/api/v1/divisions/changes/{change_id}/approve", json={})
    preview = city.get(f"/api/v1/divisions/changes/{change_id}/migration").json
    assert preview["moves"][0]["unsure"] and len(preview["samples"]) == 2
    wrong = {"overrides": {"registry.institution": {str(first): CITY}}}
    assert city.post(f"/api/v1/divisions/changes/{change_id}/migration", json=wrong).status_code == 422
    chosen = {"overrides": {"registry.institution": {str(first): "411502011000"}}}
    city.post(f"/api/v1/divisions/changes/{change_id}/migration", json=chosen)
    work()
    assert _places(regional) == {first: "411502011000", second: TOWN}


def _places(platform: Platform) -> dict[int, str]:
    with platform.database.unit_of_work(system_scope("test")) as session:
        return {row.id: row.division_code or "" for row in session.scalars(select(Institution))}


def test_a_closed_year_is_sealed(regional: Platform) -> None:
    with regional.database.unit_of_work(system_scope("test")) as session:
        years.close_year(session, SYSTEM, 2024)
        assert years.intact(session, 2024)
        with pytest.raises(PlatformError, match="year_closed"):
            changing.preview(session, Change(ChangeKind.RENAME, date(2024, 12, 31), (TOWN,), (Division(TOWN, "新名"),)))
        session.scalar(select(DivisionSnap).where(DivisionSnap.code == TOWN)).name = "改过"  # type: ignore[union-attr]
        session.flush()
        assert not years.intact(session, 2024)


@st.composite
def town_changes(draw: st.DrawFn) -> list[Change]:
    """Changes among some towns of a county over four years, in order of time."""
    codes = [f"4115020{number:02d}000" for number in range(1, 15)]
    some = st.lists(st.sampled_from(codes), min_size=1, max_size=3, unique=True)
    days = sorted(draw(st.lists(st.dates(date(2022, 1, 1), date(2025, 12, 31)), min_size=1, max_size=6)))
    changes = []
    for day in days:
        kind = draw(st.sampled_from(ChangeKind))
        sources = () if kind is ChangeKind.CREATE else tuple(draw(some))
        targets = tuple(Division(code, f"镇{code[7:9]}") for code in draw(some))
        changes.append(Change(kind, day, sources, targets))
    return changes


@settings(max_examples=12)
@given(changes=town_changes(), closed=st.integers(2022, 2024), chance=st.randoms())
def test_history_closed_years_and_migrations_hold_together(
    regional: Platform, changes: list[Change], closed: int, chance: random.Random
) -> None:
    """Closed years never change, every chain ends in its year, and undoing all migrations restores every record.

    Migrations are carried out in any order that is allowed; all lead to where the records go in the order of time.
    """
    followers = regional.service(DivisionFollowers)
    with pytest.raises(_Undo), regional.database.unit_of_work(system_scope("test")) as session:
        _place_institutions(session)
        before = _codes(session)
        approved = [done for change in changes if change.effective.year <= closed if (done := _try(session, change))]
        with clock.travel(datetime(closed + 1, 6, 1, tzinfo=UTC)):
            years.close_year(session, SYSTEM, closed)
        sealed = dict(divisions_of_year(session, closed))
        approved += [done for change in changes if change.effective.year > closed if (done := _try(session, change))]
        assert dict(divisions_of_year(session, closed)) == sealed and years.intact(session, closed)
        last = divisions_of_year(session, 2025).keys()
        assert set(carried_divisions(session, closed, 2025).values()) <= last
        for change in changes:
            for code in sealed.keys() & set(change.sources):
                heirs = resolve_division(session, code, closed, 2025)
                assert heirs and set(heirs) <= last
        done = _migrate_all(session, chance.sample(approved, len(approved)), followers)
        assert set(_codes(session).values()) <= last
        history = steps(session)
        assert _codes(session) == {unit: forward(code, history)[0] for unit, code in before.items()}
        for migration_id in reversed(done):
            migrating.order_undo(session, migration_id)
            moving.take_back(session, migration_id, followers)
        assert _codes(session) == before
        raise _Undo


class _Undo(Exception):
    """Leaves the unit of work without keeping anything."""


def _place_institutions(session: Any) -> None:
    for number in range(1, 11):
        session.add(
            Institution(
                name=f"院{number}",
                category="C220",
                division_code=f"4115020{number:02d}000",
                manager_code=COUNTY,
                valid_from=date(2020, 1, 1),
                state="active",
                revision=1,
                changed_at=clock.now(),
            )
        )
    session.flush()


def _codes(session: Any) -> dict[int, str]:
    return dict(session.execute(select(Institution.id, Institution.division_code)).all())


def _try(session: Any, change: Change) -> int | None:
    try:
        row = changing.submit(session, SYSTEM, changing.Proposal(change))
        return changing.approve(session, SYSTEM, row.id).id
    except PlatformError:
        return None


def _migrate_all(session: Any, waiting: list[int], followers: DivisionFollowers) -> list[int]:
    """Migrate in the given order; what has to wait for an earlier change is tried again."""
    done: list[int] = []
    while waiting:
        change_id = waiting.pop(0)
        try:
            done.append(_migrate(session, change_id, followers))
        except Conflict as refused:
            assert refused.code == "division.earlier_first"
            waiting.append(change_id)
    return done


def _migrate(session: Any, change_id: int, followers: DivisionFollowers) -> int:
    migration = migrating.order_migration(session, SYSTEM, change_id, {})
    moving.carry_out(session, migration.id, followers)
    return migration.id
