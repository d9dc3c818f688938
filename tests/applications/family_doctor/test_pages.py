"""A contract that nears its end in the browser: listed, asked about, renewed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from health_platform.kernel import clock
from tests.applications.clicking import Opener, answer, checked, save, write
from tests.support.clinic import Clinic, Region, id_number

pytestmark = pytest.mark.system("C09")


@pytest.fixture(scope="module")
def doctor(region: Region) -> Clinic:
    """A clinic with a team and a package of 120 a year, of which the resident bears 20."""
    made = replace(region.clinic(name="签约页面卫生室"), application="family_doctor")
    called = {"called": "页面一队", "leader": "李", "members": "王", "service_phone": "0376-1"}
    made.post("/doctor_team/members", {"answers": called, "day": "2024-01-01"})
    package = {"called": "高血压包", "grade": "2", "contents": "血压、随访", "times": 12, "price": 120, "insurance": 60,
               "public_fund": 40}  # fmt: skip
    made.post("/service_package/members", {"answers": package, "day": "2024-01-01"})
    return made


def test_renewed_before_it_ends_without_typing_it_again(doctor: Clinic, open_page: Opener) -> None:
    today = clock.today()
    signed_on = today - timedelta(days=340)
    picks = {one["name"]: one["id"] for kind in ("doctor_team", "service_package")
             for one in doctor.get(f"/{kind}/members")["rows"]}  # fmt: skip
    answers = {
        "doctors": picks["页面一队"], "package": picks["高血压包"], "groups": ["4"], "number": "XY-P-002", "kind": "1",
        "signed_as": "1", "signer": "吕续签", "signer_is": "1", "signed_how": "1", "consent": True,
    }  # fmt: skip
    person = {"name": "吕续签", "id_no": id_number(date(1955, 3, 1))}
    doctor.post("/family_contract/members", {"person": person, "answers": answers, "day": signed_on.isoformat()})
    page = open_page(doctor, "/console/apps/family_doctor/family_contract/tasks?which=due&schedule=renewal")
    checked(page, "吕续签", "到期续约")
    page.click("#next")
    answer(page, wish="续约")
    save(page)
    page.wait_for_url("**/tasks?which=due&schedule=renewal#next")
    page.goto(page.url.split("/tasks")[0] + "/members?text=吕续签")
    page.get_by_role("link", name="吕续签").click()
    page.get_by_role("link", name="续签").click()
    assert page.locator("#f-price").input_value() == "120", "carried over"
    write(page, number="XY-P-003", signer="吕续签")
    answer(page, signer_is="本人", signed_how="纸质签字，原件存档", consent="是")
    save(page)
    page.wait_for_url("**/family_contract/members/*")
    page.locator("main", has_text="XY-P-003").wait_for()
    checked(page, str(signed_on.year + 2))
