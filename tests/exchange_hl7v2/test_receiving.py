"""From messages to rows of the record, and back as answers to identity queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from empi.api import by_local_id
from etl.api import Sender, Upload, accept
from etl.models import Batch, QuarantinedRow
from etl.quarantine import replay_batch
from exchange.hl7v2.faults import Unreadable
from exchange.hl7v2.message import read
from exchange.hl7v2.models import Hl7Merge, Hl7Message
from health_platform.kernel.jobs import Worker
from tests.exchange_hl7v2.conftest import Facility, register
from tests.exchange_hl7v2.samples import adt, oru

pytestmark = pytest.mark.system("A10", "A11", "A16")


def test_messages_become_rows(facility: Facility) -> None:
    answers = facility.send(adt(facility=facility.name), oru(facility=facility.name))
    assert [answer.value("MSA-1") for (answer,) in answers] == ["AA", "AA"]
    facility.work()
    assert facility.rows("visit", "visit_no", "visit_kind", "patient_name") == [("VP1", "4", "张三")]
    assert facility.rows("emr_ex_lab_item", "item_name", "examination_quantification")[0] == ("空腹血糖", "5.6")
    (extra,) = facility.rows("emr_ex_lab", "extra")[0]
    assert "panel_code" in extra


def test_later_messages_of_one_group_win(facility: Facility) -> None:
    first, later = adt(facility=facility.name), adt("C2", facility=facility.name, kind="ADT^A08^ADT_A01", name="张^三丰")
    facility.send(first, later)
    facility.work()
    assert facility.rows("emr_patient_info", "patient_name") == [("张三丰",)]


def test_a_cancelled_visit_disappears(facility: Facility) -> None:
    facility.send(adt(facility=facility.name))
    facility.work()
    facility.send(adt("C2", facility=facility.name, kind="ADT^A11^ADT_A09"))
    facility.work()
    assert facility.rows("visit", "visit_no") == []


def allergies(*names: str) -> tuple[str, ...]:
    """AL1 segments."""
    return tuple(f"AL1|{number}|DA|^{name}|SV" for number, name in enumerate(names, 1))


def told(facility: Facility, control: str, event: str, *segments: str, number: str = "P1") -> bytes:
    """An ADT message with these allergies and no others."""
    content = adt(control, number, facility.name, f"ADT^{event}", extra=segments)
    return b"".join(line + b"\r" for line in content.split(b"\r") if line and not line.startswith(b"AL1|1|DA|P01"))


def known(facility: Facility, number: str = "P1") -> list[str]:
    facility.work()
    rows = facility.rows("allergy", "patient_id", "allergen_text")
    return sorted(text for patient, text in rows if patient == number)


def test_an_update_states_the_allergies_whole(facility: Facility) -> None:
    """AL1 is in snapshot mode (HL7 v2.5.1, 2.10.4 and 3.4.6): what an update leaves out is withdrawn."""
    facility.send(told(facility, "C1", "A28", *allergies("青霉素", "磺胺", "花粉")))
    facility.send(told(facility, "C2", "A28", *allergies("青霉素"), number="P1.2"))
    assert known(facility) == ["磺胺", "花粉", "青霉素"]
    facility.send(told(facility, "C3", "A01", *allergies("海鲜")))
    assert known(facility) == ["海鲜", "磺胺", "花粉", "青霉素"], "an admission only adds"
    facility.send(told(facility, "C4", "A31", *allergies("青霉素", "尘螨")))
    assert known(facility) == ["尘螨", "青霉素"]
    facility.send(told(facility, "C5", "A08"))
    assert known(facility) == ["尘螨", "青霉素"], "an update that says nothing of allergies"
    facility.send(told(facility, "C6", "A08", *allergies("磺胺")))
    assert known(facility) == ["磺胺"], "one that was withdrawn comes back"
    facility.send(told(facility, "C7", "A08", 'AL1|1|""|""'))
    assert known(facility) == []
    assert known(facility, "P1.2") == ["青霉素"], "another patient whose number begins alike"


def test_the_last_word_of_a_group_counts(facility: Facility) -> None:
    facility.send(
        told(facility, "C1", "A08", *allergies("青霉素", "磺胺")),
        told(facility, "C2", "A31", *allergies("磺胺")),
        told(facility, "C3", "A01", *allergies("花粉")),
    )
    assert known(facility) == ["磺胺", "花粉"]
    facility.send(told(facility, "C4", "A08", *allergies("青霉素", "磺胺")), told(facility, "C5", "A08", *allergies("花粉")))
    facility.send(told(facility, "C6", "A08", *allergies("青霉素")))
    assert known(facility) == ["青霉素"]


def test_an_old_word_sent_through_again_withdraws_nothing_newer(facility: Facility) -> None:
    facility.send(told(facility, "C1", "A08", *allergies("青霉素")))
    facility.work()
    with facility.unit() as session:
        old = session.scalar(select(Batch.id).where(Batch.institution_id == facility.institution_id))
    facility.send(told(facility, "C2", "A08", *allergies("磺胺")))
    assert known(facility) == ["磺胺"]
    with facility.unit() as session:
        replay_batch(session, old)
    assert known(facility) == ["磺胺"]


def test_what_else_is_known_of_a_patient_stays(facility: Facility) -> None:
    """Adverse reactions with a number of their own (IAM, action code mode), and rows that came another way."""
    facility.send(told(facility, "C1", "A31", *allergies("青霉素"), "IAM|1|DA|^头孢|SV||A|R77"))
    row = {"allergy_no": "P1.手工", "patient_id": "P1", "allergen_text": "花生", "recorded_on": "2026-03-01"}
    with facility.unit() as session:
        accept(
            session, Upload.of_rows(Sender(facility.institution_id, "411502000000"), "allergy", "m1", {"allergy": [row]}, "batch")
        )
    facility.work()
    facility.send(told(facility, "C2", "A31", *allergies("磺胺")))
    assert known(facility) == ["头孢", "磺胺", "花生"]
    facility.send(told(facility, "C3", "A60", "IAM|1|DA|^头孢|SV||D|R77"))
    assert known(facility) == ["磺胺", "花生"]


def test_a_repeat_is_acknowledged_and_not_stored_twice(facility: Facility) -> None:
    content = adt(facility=facility.name)
    answers = facility.send(content, content) + facility.send(content)
    assert [answer.value("MSA-1") for (answer,) in answers] == ["AA", "AA", "AA"]
    with facility.unit() as session:
        condition = Hl7Message.institution_id == facility.institution_id
        assert len(session.scalars(select(Hl7Message).where(condition)).all()) == 1
        assert len(session.scalars(select(Batch).where(Batch.institution_id == facility.institution_id)).all()) == 1


def test_a_control_id_with_other_content_is_refused(facility: Facility) -> None:
    facility.send(adt(facility=facility.name))
    refused = facility.answer(adt(facility=facility.name, name="李^四"))
    assert (refused.value("MSA-1"), refused.value("ERR-3"), refused.value("ERR-2")) == ("AE", "205", "MSH")


def test_one_bad_message_does_not_hold_up_its_neighbours(facility: Facility) -> None:
    answers = facility.send(adt(facility=facility.name), b"rubbish", adt("C2", "", facility.name), adt("C3", "P3", facility.name))
    assert [answer.value("MSA-1") for (answer,) in answers] == ["AA", "AR", "AE", "AA"]


@pytest.mark.parametrize(
    ("content", "code", "condition"),
    [
        (adt(kind="SIU^S12"), "AR", "200"),
        (adt(kind="ADT^A99"), "AR", "201"),
        (adt(kind="ADT^A45"), "AR", "201"),
        (adt(kind=""), "AR", "101"),
        (adt(control=""), "AR", "101"),
        (adt().replace(b"|P|2.5|", b"|P|7.1|"), "AR", "203"),
        (adt().replace(b"|P|2.5|", b"|Q|2.5|"), "AR", "202"),
        (adt(facility="NOBODY"), "AR", "204"),
        (adt(extra=("DSC|2|F",)), "AR", "100"),
        (adt().replace(b"|P|2.5||", b"|P|2.5||2"), "AR", "100"),
    ],
)
def test_refusals_are_named(facility: Facility, content: bytes, code: str, condition: str) -> None:
    answer = facility.answer(content.replace(b"|TEST|", f"|{facility.name}|".encode(), 1))
    assert (answer.value("MSA-1"), answer.value("ERR-3")) == (code, condition)


def test_two_messages_in_one_frame_are_refused(facility: Facility) -> None:
    """Only one of them could be acknowledged."""
    answer = facility.answer(adt(facility=facility.name) + oru(facility=facility.name))
    assert (answer.value("MSA-1"), answer.value("ERR-3")) == ("AR", "100")


def test_a_sender_bound_to_an_address(facility: Facility) -> None:
    bound = register(facility.platform, address="10.0.0.1")
    ((good,),) = bound.send(adt(facility=bound.name), peer="10.0.0.1")
    ((bad,),) = bound.send(adt("C2", facility=bound.name), peer="10.0.0.2")
    assert (good.value("MSA-1"), bad.value("MSA-1"), bad.value("ERR-3")) == ("AA", "AR", "204")


def test_a_merge_makes_one_person(facility: Facility) -> None:
    one = adt("C1", "P1", facility.name)
    other = adt("C2", "P2", facility.name, name="王^五", birth="19551111").replace(b"41152119800506001X", b"")
    facility.send(one, other)
    facility.work()
    merge = adt("C3", "P1", facility.name, "ADT^A40^ADT_A39").decode().replace("PV1|", "MRG|P2\rPV1|")
    with facility.unit() as session:
        before = [by_local_id(session, str(facility.institution_id), number) for number in ("P1", "P2")]
    assert before[0] and before[1] and before[0].person_id != before[1].person_id
    assert facility.answer(merge.encode()).value("MSA-1") == "AA"
    facility.work()
    with facility.unit() as session:
        after = [by_local_id(session, str(facility.institution_id), number) for number in ("P1", "P2")]
    assert after[0] and after[1] and after[0].person_id == after[1].person_id


def person_of(facility: Facility, number: str) -> int:
    with facility.unit() as session:
        found = by_local_id(session, str(facility.institution_id), number)
    return found.person_id if found else 0


def merge_of(facility: Facility, kept: str, gone: str, control: str = "C9") -> bytes:
    """A40: ``gone`` is the same person as ``kept``; both as written in PID-3 and MRG-1."""
    text = adt(control, "P1", facility.name, "ADT^A40^ADT_A39").decode()
    pid = next(line for line in text.split("\r") if line.startswith("PID"))
    fields = pid.split("|")
    fields[3] = kept
    return text.replace(pid, "|".join(fields)).replace("PV1|", f"MRG|{gone}\rPV1|").encode()


def test_a_merge_told_before_its_number_is_known_is_carried_out_when_it_is(facility: Facility) -> None:
    facility.send(adt("C1", "P1", facility.name))
    assert facility.answer(merge_of(facility, "P1", "P2")).value("MSA-1") == "AA"
    facility.work()
    assert person_of(facility, "P1") and not person_of(facility, "P2")
    late = adt("C2", "P2", facility.name, name="王^五", birth="19551111").replace(b"41152119800506001X", b"")
    facility.send(late)
    facility.work()
    assert person_of(facility, "P1") == person_of(facility, "P2") != 0
    with facility.unit() as session:
        assert not session.scalars(select(Hl7Merge).where(Hl7Merge.institution == str(facility.institution_id))).all()


def test_a_list_under_the_number_that_stays_withdraws_nothing_of_the_one_that_went(facility: Facility) -> None:
    """A merge can be undone, and an allergy lost harms more than one too many: each number keeps a list of its own."""
    facility.send(told(facility, "C1", "A28", *allergies("青霉素")))
    facility.send(told(facility, "C2", "A28", *allergies("磺胺"), number="P2"))
    facility.work()
    assert facility.answer(merge_of(facility, "P1", "P2")).value("MSA-1") == "AA"
    facility.send(told(facility, "C3", "A08", *allergies("花粉")))
    assert (known(facility), known(facility, "P2")) == (["花粉"], ["磺胺"])
    facility.send(told(facility, "C4", "A08", 'AL1|1|""|""', number="P2"))
    assert (known(facility), known(facility, "P2")) == (["花粉"], []), "its sender can still withdraw it"


def test_a_merge_means_the_patient_number_whatever_stands_before_it(facility: Facility) -> None:
    facility.send(adt("C1", "P1", facility.name))
    facility.send(adt("C2", "P2", facility.name, name="王^五", birth="19551111").replace(b"41152119800506001X", b""))
    facility.work()
    merge = merge_of(facility, "41152119800506001X^^^MPS^NI~P1^^^HIS^MR", "41152119551111002X^^^MPS^NI~P2^^^HIS^MR")
    assert facility.answer(merge).value("MSA-1") == "AA"
    facility.work()
    assert person_of(facility, "P1") == person_of(facility, "P2") != 0


def query(facility: Facility, kind: str, parameters: str) -> Any:
    header = f"MSH|^~\\&|HIS|{facility.name}|CR|REGION|20260301||{kind}^QBP_Q21|Q1|P|2.5"
    return facility.answer(f"{header}\rQPD|{parameters}\rRCP|I|10^RD\r".encode())


@pytest.fixture
def two_hospitals(facility: Facility) -> tuple[Facility, Facility]:
    """One person with a number in each of two hospitals of a district."""
    card = f"411521198005{facility.institution_id % 10_000:04d}00"
    other = register(facility.platform, query_division="4115")
    for hospital, number in ((facility, "A1"), (other, "B9")):
        content = adt("C1", number, hospital.name, name="欧阳^明月").replace(b"41152119800506001X", card.encode())
        hospital.send(content)
        hospital.work()
    return facility, other


def test_pix_names_the_other_numbers(two_hospitals: tuple[Facility, Facility]) -> None:
    one, other = two_hospitals
    answer = query(other, "QBP^Q23", f"IHE PIX Query|T1|B9^^^A{other.institution_id}^PI")
    assert (answer.kind, answer.value("MSA-1"), answer.value("QAK-1"), answer.value("QAK-2")) == ("RSP^K23", "AA", "T1", "OK")
    assert (answer.value("PID-3.1"), answer.value("PID-3.4")) == ("A1", f"A{one.institution_id}")


@pytest.mark.parametrize(
    ("number", "domains", "status", "place"),
    [
        ("B9^^^{own}^PI", "^^^RANDOM", "AE", "4"),
        ("B9^^^RANDOM^PI", "", "AE", "3"),
        ("NOBODY^^^{own}^PI", "", "AE", "3"),
        ("^^^{own}^PI", "", "AE", "3"),
        ("B9^^^{own}^PI", "^^^{own}", "NF", ""),
    ],
)
def test_pix_errors(two_hospitals: tuple[Facility, Facility], number: str, domains: str, status: str, place: str) -> None:
    other = two_hospitals[1]
    own = f"A{other.institution_id}"
    answer = query(other, "QBP^Q23", f"IHE PIX Query|T1|{number.format(own=own)}|{domains.format(own=own)}")
    assert (answer.value("QAK-2"), answer.value("ERR-2.3")) == (status, place)
    if place == "4":
        assert not answer.value("ERR-2.5"), "the wrong domain is named by its repetition alone"


def test_pdq_finds_by_number_and_by_facts(two_hospitals: tuple[Facility, Facility]) -> None:
    other = two_hospitals[1]
    by_number = query(other, "QBP^Q22", f"Q22^Find Candidates^HL7|T2|@PID.3.1^B9~@PID.3.4.1^A{other.institution_id}")
    assert (by_number.kind, by_number.value("QAK-2"), by_number.value("PID-5.1")) == ("RSP^K22", "OK", "欧阳明月")
    assert {by_number.value("PID-3[1].1"), by_number.value("PID-3[2].1")} == {"A1", "B9"}
    by_facts = query(other, "QBP^Q22", "Q22^Find Candidates^HL7|T3|@PID.5.1^欧阳~@PID.5.2^明月~@PID.7^19800506~@PID.8^M")
    assert (by_facts.value("QAK-2"), by_facts.value("PID-5.1"), by_facts.value("PID-8")) == ("OK", "欧阳明月", "M")
    by_name = query(other, "QBP^Q22", "Q22^Find Candidates^HL7|T5|@PID.5.1^欧阳*~@PID.8^F")
    assert by_name.value("QAK-2") == "NF"
    assert query(other, "QBP^Q22", "Q22^Find Candidates^HL7|T5|@PID.5.1^欧阳*~@PID.8^M").value("PID-5.1") == "欧阳明月"
    nobody = query(other, "QBP^Q22", "Q22^Find Candidates^HL7|T4|@PID.5.1^无此人名~@PID.7^19010101")
    assert nobody.value("QAK-2") == "NF"
    assert nobody.value("MSH-9.3") == "RSP_K21"


@pytest.mark.parametrize(("birth", "told"), [("567w-01-01", "AE"), ("19801345", "AE"), ("1980", "OK"), ("198005", "OK")])
def test_pdq_refuses_a_birth_that_is_no_date(two_hospitals: tuple[Facility, Facility], birth: str, told: str) -> None:
    answer = query(two_hospitals[1], "QBP^Q22", f"Q22^Find Candidates^HL7|T6|@PID.5.1^欧阳明月~@PID.7^{birth}")
    assert (answer.value("QAK-2"), birth in (answer.value("ERR-8") or answer.value("ERR-7"))) == (told, told == "AE")


def test_a_query_sees_no_further_than_its_sender(two_hospitals: tuple[Facility, Facility]) -> None:
    stranger = register(two_hospitals[0].platform, division="411527000000")
    answer = query(stranger, "QBP^Q23", f"IHE PIX Query|T1|A1^^^A{two_hospitals[0].institution_id}^PI")
    assert answer.value("QAK-2") == "AE"


def outcome(facility: Facility, number: int, content: bytes) -> str:
    """How one real file fares: its acknowledgement, and the first fault."""
    try:
        header = read(content.removeprefix(b"\xef\xbb\xbf")).header
    except Unreadable as error:
        return f"AR {error}"
    fields = list(header.fields)
    fields[4], fields[10], fields[15:17] = facility.name, f"{number}-{header.text(10)}"[:60], ["", ""]
    line = "MSH|" + "|".join(fields[2:])
    start = content.index(b"MSH")
    rest = content[start:].split(b"\r" if b"\r" in content else b"\n", 1)[1]
    answer = facility.answer(line.encode() + b"\r" + rest)
    if answer.value("QAK-2"):
        return f"query answered {answer.value('QAK-2')} {answer.value('ERR-8')}"
    return f"{answer.value('MSA-1')} {answer.value('ERR-8') or answer.value('ERR-1.4.2') or answer.value('MSA-3')}".strip()


def test_every_real_message_loads_or_says_why_not(
    facility: Facility, shared_data: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    files = sorted([*shared_data("hl7v2").iterdir(), *(shared_data("openhie_cr") / "hl7v2").iterdir()])
    table = {file.name: outcome(facility, number, file.read_bytes()) for number, file in enumerate(files)}
    Worker(facility.platform).drain()
    with facility.unit() as session:
        condition = Batch.institution_id == facility.institution_id
        states = Counter(session.scalars(select(Batch.state).where(condition)))
        rules = Counter(
            (row.dataset, row.rule, row.field)
            for row in session.scalars(select(QuarantinedRow).where(QuarantinedRow.institution_id == facility.institution_id))
        )
    with capsys.disabled():
        print(f"\n{len(files)} HL7 v2 files: {Counter(text[:2] for text in table.values())}, batches {dict(states)}")
        for name, text in table.items():
            if not text.startswith("AA"):
                print(f"  {name}: {text[:150]}")
        print(f"  rows in quarantine: {dict(rules)}")
    stored = sum(text == "AA" for text in table.values())
    assert states == {"loaded": stored}
    assert stored >= 130
    assert all(text == "AA" or len(text) > 10 for text in table.values())
