"""Every endpoint, for every kind of caller: rows out of scope do not change a byte. And the harness catches planted leaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from marshmallow import fields
from sqlalchemy import func, select

from empi.models import IdentityRow
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Denied, NotFound
from health_platform.kernel.http import Blueprint, Call, Schema, endpoint
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, Scope, system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from registry.api import Institution
from tests.leaks import world
from tests.leaks.interference import leaks, write_leaks
from tests.support.principals import principal

pytestmark = pytest.mark.system("A19", "A03", "A22")

COUNTY = principal(division="411525", name="县管理员")


class Any_(Schema):  # noqa: N801
    value = fields.Raw()


def plant(platform: Platform) -> None:
    """Five classic leaks and one clean endpoint."""
    blueprint = Blueprint("planted", __name__, url_prefix="/planted")

    def leak(path: str) -> Any:
        return endpoint(blueprint, "GET", path, permission="planted", label="植入", response=Any_)

    @leak("/rows")
    def rows(call: Call) -> Any:
        with widened(call.session, "leak"):
            return {"value": [row.name for row in call.session.scalars(select(Institution).order_by(Institution.id))]}

    @leak("/total")
    def total(call: Call) -> Any:
        with widened(call.session, "leak"):
            return {"value": call.session.scalar(select(func.count()).select_from(Institution))}

    @leak("/existence/<int:institution_id>")
    def existence(call: Call, institution_id: int) -> Any:
        with widened(call.session, "leak"):
            known = call.session.get(Institution, institution_id) is not None
        if call.session.get(Institution, institution_id) is None:
            raise Denied("request.denied") if known else NotFound("request.not_found")
        return {"value": 1}

    @leak("/order")
    def order(call: Call) -> Any:
        with widened(call.session, "leak"):
            names = list(call.session.scalars(select(Institution.id).order_by(Institution.name)))
        mine = list(call.session.scalars(select(Institution.id)))
        return {"value": [names.index(i) for i in mine]}

    @leak("/core")
    def core(call: Call) -> Any:
        return {"value": len(call.session.execute(select(Institution.__table__)).all())}

    @leak("/clean")
    def clean(call: Call) -> Any:
        return {"value": sorted(call.session.scalars(select(Institution.name)))}

    platform.blueprint(blueprint)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[world.City]:
    made = world.build(tmp_path_factory.mktemp("city"), extend=plant)
    yield made
    made.platform.warehouse.close()
    stop_endpoint(made.platform.warehouse.settings)
    made.platform.database.close()


def _unit(city: world.City) -> Principal:
    with city.platform.database.unit_of_work(system_scope("test")) as session:
        county = select(Institution.id).where(Institution.division_code.like("411525%")).order_by(Institution.id)
        first = session.scalars(county).first()
    return replace(COUNTY, institution_id=first, scope=Scope(divisions=("411525",), institutions=frozenset({first or 0})))


def _physician(city: world.City) -> Principal:
    """No jurisdiction: two patients by relationship."""
    with city.platform.database.unit_of_work(system_scope("test")) as session:
        patients = session.scalars(select(IdentityRow.person_id).order_by(IdentityRow.person_id)).all()
    treated = frozenset(person for person in patients if person)
    return replace(COUNTY, name="医生", scope=Scope(persons=frozenset(sorted(treated)[:2])))


def _resident(city: world.City) -> Principal:
    treated = _physician(city)
    own = min(treated.scope.persons)
    return replace(treated, kind="resident", name="居民", person_id=own, scope=Scope(persons=frozenset({own})))


CALLERS: dict[str, Callable[[world.City], Principal]] = {
    "county": lambda city: COUNTY,
    "another county": lambda city: principal(division="411502", name="县管理员"),
    "a third county, one line": lambda city: replace(
        principal(division="411526"), scope=Scope(divisions=("411526",), lines=frozenset({"mch"}))
    ),
    "unit": _unit,
    "physician": _physician,
    "resident": _resident,
}


_AT_EVERY_COMMIT = ("county", "physician", "resident")


@pytest.mark.parametrize(
    "caller", [name if name in _AT_EVERY_COMMIT else pytest.param(name, marks=pytest.mark.long) for name in CALLERS]
)
def test_rows_out_of_scope_change_no_byte_of_any_answer(city: world.City, caller: str) -> None:
    found, before = leaks(city, CALLERS[caller](city))
    unplanted = [leak for leak in found if not leak.request.endpoint.startswith("planted")]
    assert [(leak.mutation, leak.request.url) for leak in unplanted] == []
    planted = {leak.request.endpoint for leak in found}
    assert planted >= {f"planted.{name}" for name in ("rows", "total", "core")}
    if caller in ("county", "unit"):
        assert planted == {f"planted.{name}" for name in ("rows", "total", "existence", "order", "core")}
    statuses = Counter(status // 100 for status, _ in before.values())
    assert statuses[5] == 0, [(call.url, status) for call, (status, _) in before.items() if status >= 500]
    assert statuses[2] > 30, statuses


@pytest.mark.parametrize("caller", ["county", pytest.param("physician", marks=pytest.mark.long)])
def test_rows_out_of_scope_decide_no_changing_call(city: world.City, caller: str) -> None:
    found, before = write_leaks(city, CALLERS[caller](city))
    assert [(leak.request.method, leak.request.url, leak.request.body) for leak in found] == []
    statuses = Counter(status // 100 for status, _ in before.values())
    assert statuses[5] == 0, [(call.url, call.body, status) for call, (status, _) in before.items() if status >= 500]
    assert statuses[2] > 10, statuses


def test_the_city_of_the_harness_is_not_empty(city: world.City) -> None:
    with city.platform.database.unit_of_work(system_scope("test")) as session:
        assert session.scalar(select(func.count()).select_from(Institution)) == 30
