"""A village doctor with 200 overdue patients: find one, fill five in by keyboard alone, see the list shrink."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from werkzeug.serving import make_server

from health_platform.engine.api import Newcomer, PersonCard, enrol, own_place, system_desk
from health_platform.kernel import clock
from health_platform.kernel.scope import system_scope
from tests.support.clinic import Clinic, id_number, region

pytestmark = pytest.mark.system("D03", "A12")

MANY = 200


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Clinic, str]]:
    with region(tmp_path_factory.mktemp("many")) as made:
        doctor = made.clinic()
        with made.platform.database.unit_of_work(system_scope("test")) as session:
            desk = system_desk(session, made.platform)
            register = desk.catalogue.register("hypertension")
            place = own_place(desk, doctor.who.institution_id)
            enrolled = clock.today() - timedelta(days=150)
            for number in range(MANY):
                born = date(1940, 1, 1) + timedelta(days=37 * number)
                card = PersonCard(None, f"王秀英{number:03d}", id_no=id_number(born), phone="13800000000")
                known = desk.persons.admit(session, doctor.who, card)
                enrol(desk, register, Newcomer({"essential": True}, enrolled, known, place))
        server = make_server("127.0.0.1", 0, made.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield doctor, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def page(clinic: tuple[Clinic, str], browser: Any) -> Iterator[Any]:
    doctor, _ = clinic
    context = browser.new_context(viewport={"width": 1366, "height": 768}, extra_http_headers=doctor.region.shelf.put(doctor.who))
    yield context.new_page()
    context.close()


def overdue(page: Any) -> int:
    words: str = page.inner_text("nav.tabs")
    return int(words.split("逾期 ")[1].split()[0])


def test_one_of_them_is_found_by_name(clinic: tuple[Clinic, str], page: Any) -> None:
    page.goto(f"{clinic[1]}/console/apps/hypertension?schedule=visits")
    assert overdue(page) >= MANY, "their yearly examination may be overdue too"
    page.fill("input[name=text]", "王秀英137")
    page.keyboard.press("Enter")
    page.get_by_text("王秀英137").first.wait_for()
    assert page.locator("tbody tr").count() == 1


def test_five_are_filled_in_without_the_mouse(clinic: tuple[Clinic, str], page: Any) -> None:
    """From the list: Enter opens the first, typing answers it, Enter saves; the list comes back with the next one in focus."""
    page.goto(f"{clinic[1]}/console/apps/hypertension/hypertension/tasks?which=overdue&schedule=visits#next")
    seen, before = [], overdue(page)
    for number in range(5):
        assert page.evaluate("document.activeElement.id") == "next"
        seen.append(page.evaluate("document.activeElement.closest('tr').querySelector('td').innerText.trim()"))
        page.keyboard.press("Enter")
        page.wait_for_url("**/hypertension_visit/new?then=overdue&schedule=visits")
        fill_in(page, systolic=130 + number)
        page.keyboard.press("Enter")
        page.wait_for_url("**/tasks?which=overdue&schedule=visits#next")
    page.wait_for_load_state()
    assert len(set(seen)) == 5, "five different patients"
    assert overdue(page) == before - 5
    assert "已保存" in page.inner_text("body")


def fill_in(page: Any, systolic: int) -> None:
    """Answer what the norm requires by Tab, space and digits; the first question is in focus."""
    assert page.evaluate("document.activeElement.id") == "f-way-1"
    page.keyboard.press("Space")
    page.locator("[data-field=systolic]").wait_for(state="visible")
    answers = {"systolic": systolic, "diastolic": 80, "adherence": "First", "adverse": "No", "new_complication": "No"}
    for field, key in answers.items():
        tab_to(page, field)
        if isinstance(key, int):
            page.keyboard.type(str(key))
            continue
        page.keyboard.press("Space")
        if key == "No":  # the second of two
            page.keyboard.press("ArrowDown")


def tab_to(page: Any, field: str) -> None:
    """Tab on until the question is in focus, as a person would."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("(document.activeElement.closest('[data-field]') || {dataset: {}}).dataset.field") == field:
            return
    raise AssertionError(f"{field} cannot be reached by Tab")
