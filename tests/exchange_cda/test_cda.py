"""Shared documents: read into the record, and the record written as one that reads back the same."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from lxml import etree

from empi.api import by_credential
from etl.api import ensure_tables
from exchange.cda.reading import read, rows_of
from health_platform.app import application, create_platform
from health_platform.kernel.errors import Invalid
from health_platform.kernel.jobs import Worker
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, Scope, system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.records.api import Section, open_record
from health_platform.records.api import ensure_tables as ensure_record_tables
from health_platform.settings import Settings
from tests.support.principals import CallerClient, PrincipalShelf, client_for, principal

pytestmark = pytest.mark.system("A06", "A07")

API = "/api/v1/shared-documents"
ID_NUMBER = "411502198001010011"
DOCTOR = Principal(1, "user", "医师", scope=Scope(divisions=("4115",)))


def observation(element: str, value: str, negated: str = "") -> str:
    return (
        f'<entry><observation classCode="OBS" moodCode="EVN"{negated}><code code="{element}" codeSystem="2.16.156.10011.2.2.1"/>'
        f"{value}</observation></entry>"
    )


def coded(code: str, name: str) -> str:
    return f'<value xsi:type="CD" code="{code}" displayName="{name}" codeSystem="2.16.156.10011.2.3.3.11"/>'


def section(code: str, *entries: str) -> str:
    return f'<component><section><code code="{code}"/><text>文字</text>{"".join(entries)}</section></component>'


ALLERGIC = section(
    "48765-2",
    observation("DE02.10.023.00", '<value xsi:type="BL" value="true"/>'),
    observation("DE02.10.022.00", '<value xsi:type="ST">青霉素</value>'),
)
NOT_ALLERGIC = section("48765-2", observation("DE02.10.023.00", '<value xsi:type="BL" value="false"/>'))
NOT_ASKED = section("48765-2", observation("DE02.10.023.00", '<value xsi:type="BL" nullFlavor="NI"/>'))
DIAGNOSED = section(
    "29548-5",
    observation("DE05.01.024.00", coded("I10", "高血压")),
    observation("DE05.01.024.00", coded("J18.9", "肺炎"), ' negationInd="true"'),
)
MOTHERS = section("10157-6", observation("DE05.01.024.00", coded("E11", "2型糖尿病")))


def outpatient(*sections: str, number: str = "DOC-1", patient: str = "P77", version: str = "1") -> bytes:
    """An outpatient record (C0002) as hospitals send it."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<realmCode code="CN"/><id root="2.16.156.10011.1.1" extension="{number}"/>
<code code="C0002" codeSystem="2.16.156.10011.2.4"/><title>门(急)诊病历</title>
<effectiveTime value="20260302101500"/><languageCode code="zh-CN"/><versionNumber value="{version}"/>
<recordTarget><patientRole><id root="2.16.156.10011.1.11" extension="{patient}"/><telecom value="13800000001"/>
<patient><id root="2.16.156.10011.1.3" extension="{ID_NUMBER}"/><name>王芳</name>
<administrativeGenderCode code="2"/><birthTime value="19800101"/></patient></patientRole></recordTarget>
<author><assignedAuthor><assignedPerson><name>李医师</name></assignedPerson></assignedAuthor></author>
<componentOf><encompassingEncounter><id extension="MZ-9"/><effectiveTime><low value="202603020930"/></effectiveTime>
</encompassingEncounter></componentOf>
<component><structuredBody>{"".join(sections)}</structuredBody></component>
</ClinicalDocument>""".encode()


def rows(content: bytes) -> dict[str, list[dict[str, Any]]]:
    return rows_of(read(content), content)


def test_a_document_becomes_rows_and_stays_whole() -> None:
    content = outpatient(DIAGNOSED, ALLERGIC, MOTHERS)
    made = rows(content)
    (document,) = made["document"]
    assert base64.b64decode(document["content"]) == content
    assert (document["document_type"], document["title"], document["staff_name"]) == ("C0002", "门(急)诊病历", "李医师")
    assert (document["patient_id"], document["id_number"], document["birth_date"]) == ("P77", ID_NUMBER, "1980-01-01")
    assert [(one["visit_no"], one["started_at"]) for one in made["visit"]] == [("MZ-9", "2026-03-02T09:30:00+08:00")]
    assert [(one["diagnosis"], one["diagnosis_text"]) for one in made["diagnosis"]] == [("I10", "高血压")]
    assert [one["allergen_text"] for one in made["allergy"]] == ["青霉素"]


@pytest.mark.parametrize(("part", "flags"), [(NOT_ALLERGIC, ["1"]), (NOT_ASKED, []), (ALLERGIC, ["0"]), ("", [])])
def test_asked_and_none_known_is_told_apart_from_not_asked(part: str, flags: list[str]) -> None:
    assert [one["none_known"] for one in rows(outpatient(part)).get("allergy", [])] == flags


@pytest.mark.parametrize(
    "content",
    [
        b"not xml",
        b"<a/>",
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><ClinicalDocument xmlns="urn:hl7-org:v3">&x;</ClinicalDocument>',
        outpatient(number=""),
        outpatient(patient=""),
    ],
)
def test_what_is_no_document_of_a_known_patient_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        read(content)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    platform = create_platform(Settings(home=tmp_path_factory.mktemp("cda"), components="registry,empi,etl,exchange"))
    platform.database.create_all()
    ensure_tables(platform.warehouse)
    ensure_record_tables(platform.warehouse)
    platform.services["test.shelf"] = PrincipalShelf()
    platform.authenticator(platform.services["test.shelf"], first=True)
    yield platform
    platform.warehouse.close()
    stop_endpoint(platform.warehouse.settings)
    platform.database.close()


def test_a_hospitals_document_stands_in_the_record_and_comes_out_as_a_summary(city: Platform) -> None:
    app = application(city)

    def caller(**changes: Any) -> CallerClient:
        return client_for(app, city, city.services["test.shelf"], principal(**changes))

    hospital = caller(kind="client", institution_id=71, division="411502", permissions={"exchange.upload"})
    content = outpatient(DIAGNOSED, ALLERGIC, MOTHERS)
    first = hospital.post(API, data=content, content_type="application/xml")
    assert first.status_code == 202, first.text
    again = hospital.post(API, data=content, content_type="application/xml").json
    assert (again["batch_id"], again["repeated"]) == (first.json["batch_id"], True)
    assert hospital.post(API, data=outpatient(), content_type="application/xml").status_code == 409  # other words, same version
    Worker(city).drain()

    with city.database.unit_of_work(system_scope("test")) as session:
        person = by_credential(session, "id", ID_NUMBER)[0].person_id
    with city.database.unit_of_work(DOCTOR.scope) as session:
        record = open_record(city, session, DOCTOR, person)
        assert [one.name for one in record.problems()] == ["高血压"]
        assert [one.title for one in record.overview().allergies.items] == ["青霉素"]
        assert [one.title for one in record.section(Section.DOCUMENT).events] == ["门(急)诊病历"]

    treating = {"purpose": "TREAT", "scope": Scope(persons=frozenset({person})), "permissions": {"records.view"}}
    answer = caller(**treating).get(f"{API}/persons/{person}/summary")
    assert answer.status_code == 200, answer.text
    root = etree.fromstring(answer.data)
    assert root.findtext("{urn:hl7-org:v3}title") == "病历概要" and ID_NUMBER not in answer.text
    again = rows(answer.data.replace(b"2.16.156.10011.0.2.1", b"2.16.156.10011.0.2.2"))  # as if a hospital sent it
    assert [one["diagnosis"] for one in again["diagnosis"]] == ["I10"]
    assert [one["allergen_text"] for one in again["allergy"]] == ["青霉素"]
    assert caller(division="411503", permissions={"records.view"}).get(f"{API}/persons/{person}/summary").status_code == 404
