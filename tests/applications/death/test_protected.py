"""What the health record withholds for its class, a certificate of death tells nobody either: its causes, its class, its seal."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from openpyxl import load_workbook

from health_platform.kernel import clock
from tests.applications.death.test_certificate import PLAIN
from tests.support.clinic import Clinic, Region, id_number
from tests.support.principals import client_for

pytestmark = pytest.mark.system("D05", "A19")

PROTECTED = ("B20.9", "人类免疫缺陷病毒病", "传染病、母婴")


@pytest.fixture(scope="module")
def reporter(region: Region) -> Clinic:
    return replace(region.clinic("411525100202", "小塘村死因室"), application="death")


@pytest.fixture(scope="module")
def registered(region: Region, reporter: Clinic) -> Iterator[dict[str, Any]]:
    """Somebody who died of AIDS, registered by the village's doctor."""
    today = clock.today().isoformat()
    answers = {**PLAIN, "icd_a": PROTECTED[0], "name_a": PROTECTED[1], "reported_on": today, "place": "1"}
    person = {"name": "孙某", "id_no": id_number(date(1960, 5, 5))}
    member = reporter.post("/death/members", {"person": person, "answers": answers, "day": today})
    member["certificate"] = reporter.get(f"/death/members/{member['id']}")["submissions"][0]["id"]
    yield member


def read(who: Clinic, path: str) -> str:
    """A page or an answer as text; of a workbook every cell."""
    region = who.region
    answer = client_for(region.app, region.platform, region.shelf, who.who).get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    if "spreadsheet" in answer.mimetype:
        cells = load_workbook(io.BytesIO(answer.data)).active.values
        return "\n".join(str(cell) for row in cells for cell in row)
    return answer.get_data(as_text=True)


def surfaces(member: dict[str, Any]) -> tuple[str, ...]:
    one = f"/death/members/{member['id']}"
    pages = (f"/death/members?text={member['name']}", one, f"{one}/death_certificate/{member['certificate']}")
    more = (f"{pages[2]}/fhir", f"/death/export?text={member['name']}", "/death/tasks/export?which=all")
    return (*(f"/console/apps/death{page}" for page in pages), *(f"/api/v1/apps/death{page}" for page in (*pages, *more)))


def cleared(who: Clinic, *classes: str) -> Clinic:
    """A colleague of the same office, cleared for these classes only."""
    scope = replace(who.who.scope, classes=frozenset(classes))
    return replace(who, who=replace(who.who, id=who.who.id + 1, name="同事", scope=scope))


def test_a_colleague_who_is_not_cleared_reads_nothing_of_the_cause(reporter: Clinic, registered: dict[str, Any]) -> None:
    colleague = cleared(reporter, "mental")
    for path in surfaces(registered):
        told = read(colleague, path)
        assert not [word for word in PROTECTED if word in told], path
    assert "未获授权不予显示" in read(colleague, surfaces(registered)[2])


def test_who_wrote_it_and_who_is_cleared_read_it(reporter: Clinic, registered: dict[str, Any]) -> None:
    own = replace(reporter, who=replace(reporter.who, scope=replace(reporter.who.scope, classes=frozenset())))
    for who in (own, cleared(reporter, "hiv")):
        assert all(PROTECTED[0] in read(who, path) for path in surfaces(registered)[:5])
        assert PROTECTED[2] in read(who, surfaces(registered)[2])


def test_what_cannot_be_read_cannot_be_corrected_and_no_list_tells_it(reporter: Clinic, registered: dict[str, Any]) -> None:
    colleague = cleared(reporter, "mental")
    address = f"/death/members/{registered['id']}/death_certificate/{registered['certificate']}"
    body = {"answers": {**PLAIN, "icd_a": "I61.9"}, "reason": "改", "day": clock.today().isoformat()}
    colleague.call("PUT", address, 404, json=body)
    colleague.call("GET", "/indicators/death_by_infection/people", 403)
    region = reporter.region
    client = client_for(region.app, region.platform, region.shelf, colleague.who)
    assert client.get(f"/console/apps/death{address}/edit").status_code == 404
