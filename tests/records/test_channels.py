"""One person known to three hospitals that speak three languages: one page, before, during and after a merge."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from empi.api import Actor, Ruling, merge, unmerge
from empi.models import IdentityRow
from etl.api import ensure_tables
from exchange.hl7v2.message import read
from exchange.hl7v2.models import Hl7Sender
from exchange.hl7v2.receive import Receiver
from exchange.hl7v2.server import Arrival, Peer
from health_platform.app import application, create_platform
from health_platform.kernel.jobs import Worker
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, Scope, system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.records.api import Section, open_record
from health_platform.settings import Settings
from tests.exchange_hl7v2.samples import adt, oru
from tests.support.principals import PrincipalShelf, principal

pytestmark = pytest.mark.system("A07", "A11", "A15", "A16")

DOCTOR = Principal(1, "user", "医师", scope=Scope(divisions=("4115",)))
BY_HL7, BY_API, BY_FHIR = 61, 62, 63
ID_NUMBER, OTHER_NUMBER = "41152119800506001X", "440524198001010013"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    platform = create_platform(Settings(home=tmp_path_factory.mktemp("channels"), components="registry,empi,etl,exchange"))
    platform.database.create_all()
    ensure_tables(platform.warehouse)
    yield platform
    platform.warehouse.close()
    stop_endpoint(platform.warehouse.settings)
    platform.database.close()


def by_hl7(platform: Platform) -> None:
    """A hospital's interface engine over MLLP: admission and laboratory report."""
    sender = Hl7Sender(facility="TEST", authority="TEST", institution_id=BY_HL7, division_code="411502000000")
    with platform.database.unit_of_work(system_scope("test")) as session:
        session.add(sender)
    answers = Receiver(platform)([Arrival(Peer("127.0.0.1"), adt()), Arrival(Peer("127.0.0.1"), oru(value="7.7"))])
    assert [read(one).value("MSA-1") for replies in answers for one in replies.messages] == ["AA", "AA"]


def by_api(client: FlaskClient, headers: dict[str, str]) -> None:
    """A hospital that uploads datasets as JSON."""
    row = {
        "visit_no": "V-API", "patient_id": "A1", "patient_name": "张三", "id_type": "01", "id_number": ID_NUMBER, "gender": "1",
        "birth_date": "1980-05-06", "started_at": "2026-03-02T09:00:00+08:00", "diagnosis": "I10", "diagnosis_text": "高血压",
    }  # fmt: skip
    answer = client.post("/api/v1/uploads/visit?message_id=u1", json=[row], headers=headers)
    assert answer.status_code == 202, answer.text


def by_fhir(client: FlaskClient, headers: dict[str, str]) -> None:
    """A hospital that speaks FHIR; it knows the patient under another number, so the index cannot link by itself."""
    identifier = [{"value": "F1"}, {"system": "urn:oid:2.16.156.10011.1.3", "value": OTHER_NUMBER}]
    name, day = [{"text": "张三丰"}], "1981-01-01"
    patient = {"resourceType": "Patient", "identifier": identifier, "name": name, "gender": "male", "birthDate": day}
    stored = post(client, headers, patient)
    post(client, headers, {
        "resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"}, "identifier": [{"value": "V-FHIR"}],
        "subject": {"reference": f"Patient/{stored}"}, "period": {"start": "2026-03-03T09:00:00+08:00"},
        "reasonCode": [{"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "E11.9"}], "text": "2型糖尿病"}],
    })  # fmt: skip


def post(client: FlaskClient, headers: dict[str, str], resource: dict[str, object]) -> str:
    path = f"/fhir/R4/{resource['resourceType']}"
    answer = client.post(path, data=json.dumps(resource), content_type="application/fhir+json", headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.get_json(force=True)["id"])


def person_of(platform: Platform, institution: int) -> int:
    with platform.database.unit_of_work(system_scope("test")) as session:
        found = session.scalars(select(IdentityRow.person_id).where(IdentityRow.institution_id == institution)).one()
    return int(found or 0)


def sources(platform: Platform, person: int) -> set[tuple[int, str]]:
    """(institution, channel) of everything on the person's timeline."""
    with platform.database.unit_of_work(DOCTOR.scope) as session:
        events = open_record(platform, session, DOCTOR, person).timeline(page_size=200).events
    return {(origin.institution_id, origin.source) for event in events for origin in event.origins}


def told(platform: Platform, person: int) -> Counter[Section]:
    """What the overview counts: it comes from the summary row, which a merge makes stale at once."""
    with platform.database.unit_of_work(DOCTOR.scope) as session:
        return Counter(open_record(platform, session, DOCTOR, person).overview().counts)


def test_three_channels_stand_on_one_page_through_merge_and_unmerge(city: Platform) -> None:
    shelf = PrincipalShelf()
    city.authenticator(shelf, first=True)
    client = application(city).test_client()

    def hospital(institution: int) -> dict[str, str]:
        return shelf.put(principal(kind="client", institution_id=institution, division="411502"))

    by_hl7(city)
    by_api(client, hospital(BY_API))
    by_fhir(client, hospital(BY_FHIR))
    Worker(city).drain()
    first, second = person_of(city, BY_HL7), person_of(city, BY_FHIR)
    assert person_of(city, BY_API) == first != second  # linked by the identity number
    apart = sources(city, first), sources(city, second)
    assert {one[0] for one in apart[0]} == {BY_HL7, BY_API} and {one[0] for one in apart[1]} == {BY_FHIR}
    assert len({one[1] for one in apart[0] | apart[1]}) == 3  # three ways in
    alone = told(city, first), told(city, second)
    assert alone[0][Section.VISIT] and alone[1][Section.VISIT]

    ruling = Ruling(Actor("person", "管理员", 1), "同一人，证件换发")
    with city.database.unit_of_work(system_scope("test")) as session:
        outcome = merge(session, first, second, ruling)
    for _ in ("at once, without loading anything again", "and when all events are delivered"):
        for asked in (first, second):  # by either id
            assert sources(city, asked) == apart[0] | apart[1]
            assert told(city, asked) == alone[0] + alone[1]
        Worker(city).drain()
    with city.database.unit_of_work(system_scope("test")) as session:
        unmerge(session, outcome.decision_id, ruling)
    for _ in ("at once", "and when all events are delivered"):
        assert (sources(city, first), sources(city, second)) == apart
        assert (told(city, first), told(city, second)) == alone
        Worker(city).drain()
