"""The pages every capability gets by itself: whoever follows their links reaches each, and each tells what it is about.

The members come from the engine's own demonstration, so every capability shows something from its first day.
"""

from __future__ import annotations

import html
import io
import re
from collections import defaultdict
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from openpyxl import load_workbook
from werkzeug.routing import MapAdapter
from werkzeug.test import TestResponse

from demonstration.programmes import THINGS
from health_platform.engine.api import Application, Catalogue
from tests.applications.every import APPLICATIONS
from tests.applications.peopled import NAME, clinic_of
from tests.support.clinic import Clinic, Region
from tests.support.principals import client_for

pytestmark = pytest.mark.system("A12", "A13")


_PAGES_OF_A_KIND = 8
_HREF = re.compile(r'href="(/(?:console|api/v1)/apps/[^"#]+)')
_TITLE = re.compile(r"<h1[^>]*>(.*?)</h1>", re.S)


def test_every_capability_is_walked_through(peopled: Region) -> None:
    catalogue: Catalogue = peopled.platform.service(Catalogue)
    assert {one.code for one in APPLICATIONS} == set(catalogue.applications)


@pytest.mark.parametrize("application", APPLICATIONS, ids=lambda one: one.code)
def test_every_page_of_a_capability_is_reached_by_its_links_and_answers(peopled: Region, application: Application) -> None:
    clinic = clinic_of(peopled, application)
    walk = Walk(clinic, peopled.app.url_map.bind("localhost"), application)
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
