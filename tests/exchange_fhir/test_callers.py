"""What a caller is told of persons of other counties, and how often it may ask."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from exchange.callers import limits
from exchange.callers.api import PER_MINUTE
from health_platform.kernel import parameters
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from tests.exchange_fhir.conftest import Hospital
from tests.exchange_fhir.samples import patient

pytestmark = pytest.mark.system("A11", "A16")


def test_a_person_is_told_whole_though_last_stated_in_another_county(new_hospital: Callable[..., Hospital]) -> None:
    here, elsewhere = new_hospital("411526"), new_hospital("420102")
    changed = {"name": [{"text": "欧阳隽"}], "birthDate": "1966-04-03", "gender": "female"}
    number = [patient()["identifier"][0], {**patient()["identifier"][1], "value": "411526196604030522"}]
    here.create(patient(identifier=number, **changed))
    here.work()
    elsewhere.create(patient(identifier=number, **changed))
    elsewhere.work()
    asked = {"resourceType": "Patient", **changed, "identifier": number}
    best = here.call("POST", "/Patient/$match", asked)[1]["entry"][0]["resource"]
    told = here.call("GET", f"/Patient/{best['id']}")[1]
    assert (told["name"][0]["text"], told["birthDate"]) == ("欧阳隽", "1966-04-03")


def test_reads_count_against_the_limit_of_the_caller(new_hospital: Callable[..., Hospital], fhir_platform: Platform) -> None:
    hospital = new_hospital("411524")
    with fhir_platform.database.unit_of_work(system_scope("test")) as session:
        parameters.set_value(session, fhir_platform, PER_MINUTE.key, 3, "test", "411524")
    try:
        answers = [hospital.client.get(f"/fhir/{url}") for url in ("R4/Patient", "pdqm/Patient?family=张", "R4/Patient/none")]
        refused = hospital.call("GET", "/Patient")
    finally:
        with fhir_platform.database.unit_of_work(system_scope("test")) as session:
            parameters.set_value(session, fhir_platform, PER_MINUTE.key, None, "test", "411524")
    assert [answer.status_code for answer in answers] == [200, 200, 404]
    assert (refused[0], refused[1]["issue"][0]["code"], refused[2]["Retry-After"]) == (429, "throttled", "60")


def test_a_caller_may_go_on_when_a_minute_has_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(limits.time, "monotonic", lambda: now[0])
    window = limits.MovingWindow()
    assert [window.admits("one", 3, 2), window.admits("one", 3, 2), window.admits("one", 3)] == [True, False, True]
    assert window.admits("other", 3)  # each counts alone
    now[0] += limits.WINDOW - 0.1
    assert not window.admits("one", 3)
    now[0] += 0.1
    assert window.admits("one", 3, 3) and not window.admits("one", 4, 2)
