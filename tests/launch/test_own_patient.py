"""A hospital's own patient number opens the record: upload, launch and search name the hospital in the same way."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from joserfc.jwk import ECKey

from etl.api import Identity, IdentityResolver, Sender
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import SYSTEM, system_scope
from health_platform.launch.api import NewClient, register_client
from registry.api import Institution, InstitutionDraft, register_institution
from registry.divisions.loading import load_shipped
from tests.launch.conftest import Hospital
from tests.registry.conftest import credit_code
from tests.support.principals import CallerClient

pytestmark = pytest.mark.system("A07", "A10", "B06")

DIVISION, NUMBER = "411502000000", "P-0042"


@pytest.fixture
def unit(platform: Platform) -> Institution:
    """A registered institution that has uploaded one patient."""
    with platform.database.unit_of_work(system_scope("test")) as session:
        load_shipped(session)
        draft = InstitutionDraft("浉河区人民医院", "A100", DIVISION, date(2020, 1, 1), code=credit_code(7))
        made = register_institution(session, SYSTEM, draft)
        session.flush()
        patient = Identity(NUMBER, name="张三", id_type="01", id_number="41152119800506001X", register=True)
        platform.service(IdentityResolver).resolve(session, Sender(made.id, DIVISION), [patient])
        session.expunge(made)
    return made


def test_a_workstation_finds_the_patient_that_its_hospital_uploaded(
    platform: Platform, client: CallerClient, unit: Institution
) -> None:
    hospital = Hospital(f"his-{uuid4().hex[:8]}", ECKey.generate_key("P-256"))
    public = {"keys": [hospital.key.as_dict(private=False)]}
    new = NewClient(hospital.client_key, "门诊工作站", unit.id, unit.name, DIVISION, ("https://his.example.org",), public)
    with platform.database.unit_of_work(system_scope("test")) as session:
        register_client(session, new)
    assert client.post("/api/v1/launch", json=hospital.request(patient=NUMBER)).status_code == 201
    refused = client.post("/api/v1/launch", json=hospital.request(patient="P-0043"))
    assert (refused.status_code, refused.json["error"]["code"]) == (422, "launch.patient")


def test_the_search_takes_the_institution_by_any_of_its_codes(as_principal, unit: Institution) -> None:  # type: ignore[no-untyped-def]
    steward = as_principal(division="4115")
    for name in (str(unit.id), unit.code):
        query = {"institution": name, "local_id": NUMBER}
        (found,) = steward.get("/api/v1/persons", query_string=query).json
        assert found["golden"]["name"]["values"]["name"].startswith("张")
        assert f"/console/empi/persons/{found['person_id']}" in steward.get("/console/empi/persons", query_string=query).text
    assert steward.get("/api/v1/persons", query_string={"institution": unit.code, "local_id": "P-0043"}).json == []
