"""Messages to rows: the declared tables against the datasets, and what single messages become."""

from __future__ import annotations

import base64

import pytest

from exchange.hl7v2.definitions.catalogue import kinds
from exchange.hl7v2.mapping import Rows, faults, to_rows
from exchange.hl7v2.message import Message, read
from health_platform.datasets.api import catalogue
from tests.exchange_hl7v2.samples import adt, oru

pytestmark = pytest.mark.system("A11", "A16")

WANTED = (
    "ADT^A01", "ADT^A02", "ADT^A03", "ADT^A04", "ADT^A05", "ADT^A08", "ADT^A11", "ADT^A12", "ADT^A13", "ADT^A28", "ADT^A31",
    "ADT^A40", "ADT^A47", "ORU^R01", "OML^O21", "ORM^O01", "VXU^V04", "MDM^T02", "MDM^T11",
)  # fmt: skip


def rows_of(message: Message) -> Rows:
    return to_rows(message, kinds()[message.kind])


@pytest.mark.parametrize("event", WANTED)
def test_the_events_asked_for_are_taken(event: str) -> None:
    assert kinds()[event].rows and not kinds()[event].refusal


def test_every_table_fills_the_required_fields_of_its_dataset() -> None:
    for kind in kinds().values():
        for row_map in kind.rows:
            dataset = catalogue()[row_map.dataset]
            filled = {column.field for column in row_map.columns}
            missing = {field.name for field in dataset.fields if field.required} - filled
            # a withdrawn document is named by its key; its content is not sent again
            assert missing <= ({"content"} if "MDM^T11" in kind.events else set()), (kind.events, row_map.dataset, missing)
            assert set(dataset.key) <= filled


def test_an_admission_becomes_a_patient_a_visit_a_diagnosis_and_an_allergy() -> None:
    rows = rows_of(read(adt()))
    patient, visit = rows["emr_patient_info"][0], rows["visit"][0]
    assert {
        "id": "P1", "patient_name": "张三", "id_card": "41152119800506001X", "id_card_type_code": "01", "gender_code": "1",
        "birth_date": "1980-05-06", "tel": "13800000000", "marital_status_code": "20", "contacts": "李四",
        "current_addr_detail": "河南省信阳市人民路1号",
    }.items() <= patient.items()  # fmt: skip
    assert {"visit_no": "VP1", "visit_kind": "4", "started_at": "2026-03-01T07:30:00", "bed_no": "5"}.items() <= visit.items()
    assert (rows["diagnosis"][0]["diagnosis"], rows["allergy"][0]["allergen_text"]) == ("J18.9", "青霉素")


def test_a_field_told_in_words_only_is_filled() -> None:
    for segment in ("IAM|1|DA|^头孢|SV||A|R1", "IAM|1|DA|C1|SV||A|R1"):
        message = read(adt(kind="ADT^A60", extra=(segment,)))
        assert faults(message, kinds()[message.kind]) == []
    for segment in ("IAM|1|DA|^^|SV", 'IAM|1|DA|""|SV', "IAM|1|DA"):
        message = read(adt(kind="ADT^A60", extra=(segment,)))
        assert [str(one.where) for one in faults(message, kinds()[message.kind])] == ["IAM-3"]


def test_what_a_sender_clears_is_empty_and_what_it_leaves_out_is_absent() -> None:
    cleared = adt().replace(b"||13800000000||", b'||""||')
    left_out = adt().replace(b"||13800000000||", b"||||")
    assert rows_of(read(cleared))["emr_patient_info"][0]["tel"] == ""
    assert "tel" not in rows_of(read(left_out))["emr_patient_info"][0]


@pytest.mark.parametrize(
    ("birth", "day", "rest"), [("1970", None, "1970"), ("197002", None, "197002"), ("19700201", "1970-02-01", None)]
)
def test_an_incomplete_birth_date_is_kept_beside(birth: str, day: str | None, rest: str | None) -> None:
    row = rows_of(read(adt(birth=birth)))["emr_patient_info"][0]
    assert (row.get("birth_date"), row.get("birth_date_incomplete")) == (day, rest)


def test_a_report_and_its_items() -> None:
    rows = rows_of(read(oru()))
    report, (number, coded, text) = rows["emr_ex_lab"][0], rows["emr_ex_lab_item"]
    assert (report["id"], report["specimen_category_name"], report["serial_number"]) == ("L1.GLU", "血液", "VP1")
    assert {item["ex_lab_id"] for item in rows["emr_ex_lab_item"]} == {report["id"]}
    assert (number["examination_quantification"], number["examination_quantification_unit"]) == ("5.6", "mmol/L")
    assert (number["examination_quantification_lower"], number["examination_quantification_upper"]) == ("3.9", "6.1")
    assert (coded["source_examination_result_code"], coded["source_examination_result_name"]) == ("01", "阳性")
    assert (text.get("examination_quantification"), len(text["source_examination_result_name"])) == (None, 120)


def test_equal_observations_of_one_report_stay_two_rows() -> None:
    twice = oru().replace(b"HBsAg^", b"1558-6^")
    keys = [row["id"] for row in rows_of(read(twice))["emr_ex_lab_item"]]
    assert len(set(keys)) == len(keys) == 3


def test_reports_under_one_filler_number_stay_apart() -> None:
    more = (
        oru()
        .decode()
        .replace("SPM|", "ORC|RE|A1|L1\rOBR|2|A1|L1|CBC^血常规^L|||20260301\rOBX|1|NM|6690-2^白细胞^LN||7|10*9/L\rSPM|")
    )
    rows = rows_of(read(more.encode()))
    assert [row["id"] for row in rows["emr_ex_lab"]] == ["L1.GLU", "L1.CBC"]
    assert rows["emr_ex_lab_item"][-1]["ex_lab_id"] == "L1.CBC"


def test_imaging_goes_to_examinations() -> None:
    radiology = oru().replace(b"|||F\rOBX|1", b"|||F\rOBX|1").decode().split("\r")
    fields = radiology[4].split("|")
    fields += [""] * (25 - len(fields))
    fields[24] = "CT"
    radiology[4] = "|".join(fields)
    assert set(rows_of(read("\r".join(radiology).encode()))) == {"emr_ex_clinical", "emr_ex_clinical_item"}


def test_a_document_brings_its_bytes() -> None:
    content = base64.b64encode(b"%PDF-1.4").decode()
    text = adt(kind="MDM^T02^MDM_T02").decode()
    text += f"TXA|1|CN^会诊记录|PDF|20260301080000||20260301090000||||||D1\rOBX|1|ED|1^会诊||^application^PDF^Base64^{content}\r"
    row = rows_of(read(text.encode()))["document"][0]
    assert (row["document_no"], row["content"], row["media_type"], row["title"]) == ("D1", content, "application/pdf", "会诊")


def test_a_vaccination() -> None:
    text = adt(kind="VXU^V04^VXU_V04").decode()
    text += "ORC|RE||I1\rRXA|0|1|20260105||08^乙肝疫苗^CVX|0.5|mL|||D01^王|||||B123|20271231|MSD^某厂\rRXR|IM|LA\r"
    row = rows_of(read(text.encode()))["vaccination"][0]
    expected = {
        "vaccination_no": "I1.08",
        "batch_no": "B123",
        "manufacturer": "某厂",
        "route": "403",
        "site": "1",
        "expires_on": "2027-12-31",
    }
    assert expected.items() <= row.items()


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (adt(number=""), "PID-3.1"),
        (adt(kind="ADT^A40^ADT_A39"), "MRG"),
        (oru().replace(b"|GLU^\xe8\xa1\x80\xe7\xb3\x96^L|", b"||"), "OBR-4"),
        (adt(kind="VXU^V04"), "RXA"),
        (adt(kind="MDM^T02"), "TXA"),
        (adt(kind="ORM^O01"), "ORC"),
    ],
)
def test_what_is_missing_is_named(content: bytes, place: str) -> None:
    message = read(content)
    assert place in [str(fault.where) for fault in faults(message, kinds()[message.kind])]
