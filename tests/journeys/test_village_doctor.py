"""A village doctor's morning in a real browser: who is overdue, fill in a visit, see that the list is shorter."""

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
from tests.journeys.conftest import axe_findings, overflow
from tests.support.clinic import Clinic, id_number, region

pytestmark = pytest.mark.system("D03", "A12")


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Clinic, str]]:
    with region(tmp_path_factory.mktemp("clinic")) as made:
        doctor = made.clinic()
        with made.platform.database.unit_of_work(system_scope("test")) as session:
            desk = system_desk(session, made.platform)
            register = desk.catalogue.register("hypertension")
            place = own_place(desk, doctor.who.institution_id)
            for number, name in enumerate(("王秀英", "李建国", "张桂兰")):
                born = date(1955, 1, 1 + number)
                known = desk.persons.admit(
                    session, doctor.who, PersonCard(None, name, id_no=id_number(born), phone="13800000000")
                )
                enrolled = clock.today() - timedelta(days=150 + number)
                enrol(desk, register, Newcomer({"essential": True}, enrolled, known, place))
        server = make_server("127.0.0.1", 0, made.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield doctor, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("width", [1366, 390])
def test_the_list_and_the_form_fit_and_are_accessible(clinic: tuple[Clinic, str], browser: Any, width: int) -> None:
    doctor, url = clinic
    context = browser.new_context(
        viewport={"width": width, "height": 768}, extra_http_headers=doctor.region.shelf.put(doctor.who)
    )
    page = context.new_page()
    for path in ("", "/hypertension/members", "/hypertension/enrol", "/alerts", "/indicators"):
        page.goto(f"{url}/console/apps/hypertension{path}")
        assert overflow(page) == 0, path
        assert axe_findings(page) == [], path
    context.close()


def test_an_overdue_visit_is_filled_in_and_leaves_the_list(clinic: tuple[Clinic, str], browser: Any) -> None:
    doctor, url = clinic
    context = browser.new_context(viewport={"width": 1366, "height": 768}, extra_http_headers=doctor.region.shelf.put(doctor.who))
    page = context.new_page()
    page.goto(f"{url}/console/apps/hypertension?schedule=visits")
    assert "逾期 3" in page.inner_text("nav.tabs") and page.locator("tbody tr").count() == 3
    patient = page.locator("tbody tr td.lead a").first.get_attribute("href")
    page.locator("tbody tr").first.get_by_text("填写").click()
    assert page.locator("[data-field=systolic]").is_hidden()
    page.check("#f-way-1")
    page.locator("[data-field=systolic]").wait_for(state="visible")
    for field, value in (("systolic", "900"), ("diastolic", "96"), ("weight", "70"), ("height", "168")):
        page.fill(f"#f-{field}", value)
    for choice in ("adherence-1", "adverse-2", "new_complication-2"):
        page.check(f"#f-{choice}")
    page.click("button[type=submit]")
    page.locator("[data-fault]").first.wait_for()
    assert "应在 50 至 300" in page.locator("[data-field=systolic] [data-fault]").inner_text()
    page.fill("#f-systolic", "182")
    page.locator("[data-prompts] .note.bad").wait_for()
    assert page.locator("#f-bmi").inner_text() == "24.8"
    page.click("button[type=submit]")
    page.get_by_text("存在危急情况而未转诊").wait_for()
    page.get_by_role("button", name="确定").click()
    page.wait_for_url("**/tasks?which=overdue&schedule=visits#next")
    page.goto(f"{url}{patient}")
    assert "控制不满意" in page.inner_text("section.history")
    page.goto(f"{url}/console/apps/hypertension")
    assert "逾期 2" in page.inner_text("nav.tabs")
    assert "提醒 1" in page.inner_text("nav.tabs")
    context.close()
