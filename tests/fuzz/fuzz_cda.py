"""Fuzz the reader of shared documents (WS/T 500, CDA): python -m tests.fuzz.fuzz_cda [-runs=5000000] [corpus folder]

lxml reads the XML. Whatever the bytes: refused with a reason, or a document with its numbers, whose rows landing can store and
the pipeline read, the document itself byte for byte among them.
"""

from __future__ import annotations

import base64

import atheris
import msgspec

with atheris.instrument_imports(include=["exchange.cda"]):
    from exchange.cda.definitions import names
    from exchange.cda.reading import read, rows_of
    from health_platform.kernel.errors import PlatformError
from etl.decoding.decode import Decoders
from tests.fuzz.driving import fuzz

DECODERS = Decoders()


def exercise(data: bytes) -> None:
    """Everything that is done with a document before its rows are landed."""
    try:
        document = read(data)
    except PlatformError as error:
        assert str(error) and error.status < 500
        return
    assert document.number and document.created_at and document.patient["patient_id"]
    rows = rows_of(document, data)
    assert base64.b64decode(rows["document"][0]["content"]) == data
    decoded = DECODERS.decode("rows", msgspec.json.encode(rows), "cda")
    assert [part.count for part in decoded] == [len(part) for part in rows.values()]


def seeds() -> list[bytes]:
    """A document with every part that is read, and beginnings of others."""
    observation = '<entry><observation{}><code code="{}"/>{}</observation></entry>'
    section = '<component><section><code code="{}"/>{}</section></component>'
    diagnosis = observation.format("", names.DIAGNOSIS_CODE, '<value code="I10" displayName="高血压"/>')
    denied = observation.format(' negationInd="true"', names.DIAGNOSIS_CODE, '<value code="J18.9"/>')
    allergy = observation.format("", names.ALLERGEN, "<value>青霉素</value>")
    none = observation.format("", names.ALLERGY_FLAG, '<value value="false"/>')
    body = "".join(section.format(code, entries) for code, entries in (
        (next(iter(names.DIAGNOSES)), diagnosis + denied), (names.ALLERGIES, allergy), (names.ALLERGIES, none),
    ))  # fmt: skip
    whole = (
        f'<ClinicalDocument xmlns="{names.NAMESPACE}"><id extension="D1"/><code code="C0001"/><title>病历概要</title>'
        '<effectiveTime value="20260301080000+0800"/><languageCode code="zh-CN"/><versionNumber value="2"/>'
        f'<recordTarget><patientRole><id root="{names.LOCAL_PERSON[0]}" extension="P1"/><telecom value="tel:1"/><patient>'
        f'<id root="{names.ID_CARD}" extension="x"/><name>张三</name><administrativeGenderCode code="1"/>'
        '<birthTime value="19800506"/></patient></patientRole></recordTarget>'
        "<author><assignedAuthor><assignedPerson><name>王</name></assignedPerson>"
        '</assignedAuthor></author><componentOf><encompassingEncounter><id extension="V1"/><effectiveTime>'
        f'<low value="202603010730"/><high value="20260302"/></effectiveTime></encompassingEncounter></componentOf>'
        f"<component><structuredBody>{body}</structuredBody></component></ClinicalDocument>"
    )
    remarked = whole.replace(">", "><!--c-->", 9)
    others = (whole.replace("P1", ""), whole.replace("D1", " "), f"<!DOCTYPE x>{whole}", "<x/>", whole[:300], remarked)
    return [text.encode() for text in (whole, *others)] + [('<?xml version="1.0" encoding="GB18030"?>' + whole).encode("gb18030")]


if __name__ == "__main__":
    fuzz(exercise, seeds(), longest=4_096)
