"""Every marked function under a rule: the same page again, and what one county was shown is nobody else's."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest

from health_platform.kernel.cache import CACHEABLE, CacheFigures, CacheRule
from health_platform.kernel.scope import SYSTEM, system_scope
from registry.standards.systems import SystemDraft, create_system, move, save_draft
from registry.standards.terms import State, Term
from tests.support.clinic import Clinic, Region
from tests.support.principals import client_for

pytestmark = pytest.mark.system("A17", "G10", "G01")

PAGES = (
    "/api/v1/apps/hypertension/indicators?start=2025-01-01&end=2025-02-28&by=month",
    "/api/v1/apps/hypertension/indicators?start=2025-01-01&end=2025-01-31&by=total",
    "/console/apps/hypertension/indicators?start=2025-01-01&end=2025-12-31&by=division&level=12",
    "/console/quality/ranking?month=2026-10",
    "/api/v1/quality/results?first=2026-10-01&last=2026-10-31",
    "/console/quality/calendar?month=2026-10",
    "/console/catalogue",
    "/console/etl",
    "/api/v1/standards/systems/KEPT/terms?text=男",
)


@pytest.fixture
def kept(region: Region) -> Iterator[dict[str, CacheFigures]]:
    """A table of codes in force, and a rule of a minute for every function of the platform; the counts since then."""
    with region.platform.database.unit_of_work(system_scope("test")) as session:
        create_system(session, SystemDraft("KEPT", "性别", "local"))
        save_draft(session, SYSTEM, "KEPT", "1", [Term("1", "男"), Term("2", "女")])
        for state in (State.REVIEW, State.PUBLISHED):
            move(session, SYSTEM, "KEPT", "1", state)
    store = region.platform.cache
    before = vars(store).copy()
    store.figures, names = {}, [name for name in CACHEABLE if not name.startswith("test.")]
    store.rules = {name: CacheRule(60) for name in names}
    yield store.figures
    vars(store).update(before)
    for name in names:
        store.clear(name)


def read(clinic: Clinic) -> list[str]:
    """The pages without what is new in each answer."""
    client = client_for(clinic.region.app, clinic.region.platform, clinic.region.shelf, clinic.who)
    answers = [client.get(page) for page in PAGES]
    assert {answer.status_code for answer in answers} == {200}
    return [re.sub(r'(nonce|csrf_token|value)="[^"]*"', "", html.unescape(answer.text)) for answer in answers]


def test_kept_answers_are_the_computed_ones_for_each_scope(region: Region, kept: dict[str, CacheFigures]) -> None:
    rules = region.platform.cache.rules
    counties = [region.office("411525"), region.office("411502")]
    region.platform.cache.rules = {}
    computed = [read(county) for county in counties]
    region.platform.cache.rules = rules
    kept.clear()
    assert [read(county) for county in counties] == computed
    assert [read(county) for county in counties] == computed
    assert set(kept) == set(rules)
    assert {name for name, figures in kept.items() if not figures.hits} == set()
