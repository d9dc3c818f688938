"""One patient of one institution is one identity, whichever way in its rows take."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from empi.api import by_local_id, pairs, patient_key
from exchange.fhir.models import FhirResource
from exchange.hl7v2.models import Hl7Sender
from exchange.hl7v2.receive import Receiver
from exchange.hl7v2.server import Arrival, Peer
from health_platform.kernel.scope import system_scope
from tests.exchange_fhir.conftest import Hospital
from tests.exchange_fhir.samples import patient
from tests.exchange_hl7v2.samples import adt

pytestmark = pytest.mark.system("A10", "A11", "A16")

NUMBER = "P-0042"


def by_batch(hospital: Hospital) -> None:
    row = {"id": NUMBER, "patientName": "张三", "idCard": "41152119800506001X"}
    content = json.dumps([row], ensure_ascii=False).encode()
    url = "/api/v1/uploads/emr_patient_info?message_id=b1"
    answer = hospital.client.post(url, data=content, content_type="application/json")
    assert answer.status_code == 202, answer.text


def by_hl7(hospital: Hospital) -> None:
    facility = f"F{hospital.institution_id}"
    with hospital.platform.database.unit_of_work(system_scope("test")) as session:
        session.add(
            Hl7Sender(
                facility=facility,
                authority=facility,
                institution_id=hospital.institution_id,
                division_code="411502000000",
            )
        )
    (replies,) = Receiver(hospital.platform)([Arrival(Peer("127.0.0.1"), adt(number=NUMBER, facility=facility))])
    assert b"MSA|AA|" in replies.messages[0]


def by_fhir(hospital: Hospital) -> None:
    hospital.create(patient(f" {NUMBER} "))


@pytest.mark.parametrize("order", [(by_batch, by_hl7, by_fhir), (by_fhir, by_hl7, by_batch)])
def test_every_channel_speaks_of_the_same_patient(hospital: Hospital, order: tuple) -> None:  # type: ignore[type-arg]
    for send in order:
        send(hospital)
        hospital.work()
    institution = str(hospital.institution_id)
    key = patient_key(institution, NUMBER)
    for name in ("emr_patient_info", "visit"):
        assert {found for (found,) in hospital.rows(name, "patient_key")} == {key}
    with hospital.platform.database.unit_of_work(system_scope("test")) as session:
        found = by_local_id(session, institution, NUMBER)
        assert found is not None
        assert key in {one for _, one in pairs(session, found.person_id)}
        assert found.matched == (key,)
        resource = session.scalars(select(FhirResource).where(FhirResource.institution_id == hospital.institution_id)).one()
        assert (resource.patient_key, resource.person_id) == (key, found.person_id)
