"""The pages every capability gets by itself: whoever follows their links reaches each, and each tells what it is about.

The members come from the engine's own demonstration, so every capability shows something from its first day.
"""

from __future__ import annotations

import html
import io
import itertools
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from openpyxl import load_workbook
from werkzeug.routing import MapAdapter
from werkzeug.test import TestResponse

from demonstration.programmes import DEATHS, KNOWN, THINGS
from health_platform.engine.api import (
    Application,
    Catalogue,
    Desk,
    Move,
    Newcomer,
    PersonCard,
    Place,
    Register,
    demonstrate,
    enrol,
    open_case,
    propose,
    system_desk,
)
from health_platform.kernel import clock
from health_platform.kernel.scope import system_scope
from tests.applications.every import APPLICATIONS
from tests.applications.referral.test_referral import REQUEST
from tests.support.clinic import Clinic, Region, id_number
from tests.support.clinic import region as made
from tests.support.principals import client_for

pytestmark = pytest.mark.system("A12", "A13")


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    """A region of its own: members of other tests would fill the first pages of a list, and the walk reads only those."""
    with made(tmp_path_factory.mktemp("pages")) as one:
        yield one


DIVISION, UNIT, NAME = "411525100202", "小塘村卫生室", "钱小塘"
DAYS = 345  # long enough ago that contracts of a year may be renewed
_PAGES_OF_A_KIND = 8
_SERIAL, _LETTERS = itertools.count(1), "甲乙丙丁戊己庚辛壬癸"
_HREF = re.compile(r'href="(/(?:console|api/v1)/apps/[^"#]+)')
_TITLE = re.compile(r"<h1[^>]*>(.*?)</h1>", re.S)


def test_every_capability_is_walked_through(region: Region) -> None:
    catalogue: Catalogue = region.platform.service(Catalogue)
    assert {one.code for one in APPLICATIONS} == set(catalogue.applications)


@pytest.mark.parametrize("application", APPLICATIONS, ids=lambda one: one.code)
def test_every_page_of_a_capability_is_reached_by_its_links_and_answers(region: Region, application: Application) -> None:
    clinic = replace(region.clinic(DIVISION, UNIT), application=application.code)
    people(region, clinic, application)
    region.work()
    walk = Walk(clinic, region.app.url_map.bind("localhost"), application)
    walk.from_page(f"/console/apps/{application.code}")
    missed = {name for name in reachable(application) if f"pages_app_{application.code}.{name}" not in walk.found}
    assert missed == set()
    for endpoint, answers in walk.found.items():
        for address, answer in answers:
            tells_what_it_is(endpoint, address, answer, application)


def reachable(application: Application) -> set[str]:
    """The pages links must lead to: lists, working lists, work load, members, proposals, forms, what was filled in, figures."""
    found = {"start"}
    found |= {"indicators"} if application.indicators else set()
    found |= {"figures"} if application.populations else set()
    found |= {"alerts"} if any(prompt.kept for prompt in application.prompts) else set()
    for register in application.registers:
        found |= {f"{register.code}_{page}" for page in ("members", "member", "enrol", "files")}
        found |= {f"{register.entry.code}_{page}" for page in ("read", "edit")}
        found |= {f"{form.code}_new" for form in register.work_forms}
        if register.schedules:
            found |= {f"{register.code}_{page}" for page in ("tasks", "workload", "accept")}
    for workflow in application.workflows:
        found |= {f"{workflow.code}_{page}" for page in ("cases", "case", "open")}
    return found


def tells_what_it_is(endpoint: str, address: str, answer: TestResponse, application: Application) -> None:
    """A page has a heading and, of a member, the name; a sheet opens and has headings; a definition is JSON."""
    if answer.mimetype == "text/html":
        text = answer.get_data(as_text=True)
        assert _TITLE.search(text) and application.label in text, address
        assert not re.search(r">\s*(None|nan|\[\]|\{\})\s*<", text), address
        if "/members/" in address:
            things = (str(row["called"]) for rows in THINGS.values() for row in rows)
            assert any(name in text for name in (NAME, *things)), address
    elif "spreadsheet" in answer.mimetype:
        sheet = load_workbook(io.BytesIO(answer.data)).worksheets[0]
        headings = [cell.value for cell in next(sheet.iter_rows())]
        assert len(headings) > 1 and all(headings), address
        if endpoint.split(".")[1] in {f"{register.code}_export" for register in application.registers}:
            assert sheet.max_row > 1, address
    else:
        assert answer.is_json, address


@dataclass
class Walk:
    """Follows the links of a capability, up to some pages of a kind."""

    clinic: Clinic
    routes: MapAdapter
    application: Application
    found: dict[str, list[tuple[str, TestResponse]]] = field(default_factory=lambda: defaultdict(list))

    def from_page(self, start: str) -> None:
        region = self.clinic.region
        client = client_for(region.app, region.platform, region.shelf, self.clinic.who)
        waiting, known = [start], {start}
        while waiting:
            address = waiting.pop(0)
            endpoint, _ = self.routes.match(urlsplit(address).path, method="GET")
            if len(self.found[endpoint]) >= _PAGES_OF_A_KIND:
                continue
            answer = client.get(address)
            assert answer.status_code == 200, (address, answer.get_data(as_text=True)[:500])
            self.found[endpoint].append((address, answer))
            fresh = [link for link in dict.fromkeys(self._links(answer)) if link not in known]
            known.update(fresh)
            waiting += fresh

    def _links(self, answer: TestResponse) -> list[str]:
        if answer.mimetype != "text/html":
            return []
        links = (html.unescape(link) for link in _HREF.findall(answer.get_data(as_text=True)))
        return [link for link in links if link.split("/apps/")[1].split("/")[0].split("?")[0] == self.application.code]


def people(region: Region, clinic: Clinic, application: Application) -> None:
    """In each register somebody under care and somebody proposed; a case of each workflow."""
    with region.platform.database.unit_of_work(system_scope("test")) as session:
        desk = replace(system_desk(session, region.platform), principal=clinic.who)
        place = Place(clinic.who.institution_id, DIVISION, worker=clinic.who.id, worker_name=clinic.who.name)
        for register in application.registers:
            for answers in THINGS.get(register.code, ()):
                enrol(desk, register, Newcomer(answers, clock.today() - timedelta(days=DAYS), place=place))
        for register in application.registers:
            if register.subject == "person":
                under_care(desk, register, place)
        for workflow in application.workflows:
            other = region.unit("411525", "固始县人民医院")
            open_case(desk, workflow, somebody(desk, 67), Move({**REQUEST, "to_unit": str(other)}))


def under_care(desk: Desk, register: Register, place: Place) -> None:
    """Some members since almost a year, with what was done of what fell due, and one proposal."""
    today = clock.today()
    days = (today - timedelta(days=DAYS), today)
    age = 1 if register.code == "vaccination" else 67
    known: dict[str, Any] = dict(KNOWN.get(register.code, ({},))[0])
    if register.code == DEATHS:
        known |= {"number": "4115252600001", "family_name": "钱某", "reported_on": days[0].isoformat()}
    taken = [demonstrate(desk, register, somebody(desk, age), place, days, random.Random(turn), known) for turn in range(3)]
    assert any(taken), "the demonstration enrols nobody"
    assert propose(desk, register, somebody(desk, age), place, "住院诊断推送")


def somebody(desk: Desk, age: int) -> PersonCard:
    """A new person of the village, whom the index takes for nobody else: name, birth and telephone are his own."""
    today, serial = clock.today(), next(_SERIAL)
    born = date(today.year - age, today.month, 1)
    facts = (f"{NAME}{_LETTERS[serial % 10]}", "1", born, id_number(born), f"139{serial:08d}", f"小塘村{serial}组")
    return desk.persons.admit(desk.session, desk.principal, PersonCard(None, *facts))
