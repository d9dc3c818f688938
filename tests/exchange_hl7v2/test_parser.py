"""Reading messages: separators, escapes, characters, line ends; two established libraries as oracles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import hl7
import pytest
from hl7apy.parser import parse_message
from hypothesis import given
from hypothesis import strategies as st

from exchange.hl7v2 import charset, escapes
from exchange.hl7v2.batch import read_batch
from exchange.hl7v2.delimiters import USUAL, Delimiters
from exchange.hl7v2.faults import Unreadable
from exchange.hl7v2.message import NULL, read, read_text
from exchange.hl7v2.path import path
from tests.exchange_hl7v2.samples import adt, oru

pytestmark = pytest.mark.system("A11", "A16")

HEADER = "MSH|^~\\&|A|B|C|D|20260301||ADT^A01|1|P|2.5"


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (r"a\F\b\S\c\R\d\T\e\E\f", "a|b^c~d&e\\f"),
        (r"A\X0D\B\X0A\C", "A\rB\nC"),
        (r"\XE4BDA0E5A5BD\ ", "你好 "),
        (r"one\.br\two\.sp2\three\.ce\four", "one\ntwo\n\nthree\nfour"),
        (r"\.in+4\a\.sk3\b\.fi\c\.nf\d\.ti-2\e", "a   bcde"),
        (r"\H\bold\N\ plain", "bold plain"),
        (r"\Zlocal\ stays", r"\Zlocal\ stays"),
        (r"50\% not an escape", r"50\% not an escape"),
        (r"C:\temp", r"C:\temp"),
        (r"\M2441\0!\C2842\ plain", "啊 plain"),
        (r"\C2D41\text", "text"),
        (r"\XZZ\ ", r"\XZZ\ "),
        ("", ""),
    ],
)
def test_escapes_are_resolved(sent: str, meant: str) -> None:
    assert escapes.decode(sent, USUAL) == meant


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_escaped_comes_back(text: str) -> None:
    written = escapes.encode(text, USUAL)
    assert not set("|^~&\r\n") & set(written)
    assert escapes.decode(written, USUAL) == text


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), min_size=1, max_size=6))
def test_fields_survive_the_way_through_a_message(values: list[str]) -> None:
    line = "|".join(["ZZZ", *(escapes.encode(value, USUAL) for value in values)])
    segment = read(f"{HEADER}\r{line}\r".encode()).segments[1]
    assert [segment.text(number) for number in range(1, len(values) + 1)] == values


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\n\r\n"])
def test_every_line_end_is_read(end: str) -> None:
    message = read((HEADER + end + "PID|1||7^^^X^MR" + end).encode())
    assert [segment.name for segment in message.segments] == ["MSH", "PID"]


def test_a_line_break_inside_a_note_is_text() -> None:
    message = read((HEADER + "\rOBX|1|FT|N||first\nsecond\rNTE|1||x\r").encode())
    assert message.value("OBX-5") == "first\nsecond"


def test_a_segment_goes_on_in_the_next_one() -> None:
    """ADD: in the middle of a value, at its end, and more than once."""
    header = "MSH|^~\\&|HIS|A|||20260301||ORU^R01|C1|P|2.5\r"
    whole = read(f"{header}OBX|1|FT|N^说明||第一段第二段|mmol/L|3-6\rNTE|1||x\r".encode())
    cut = read(f"{header}OBX|1|FT|N^说明||第一\rADD|段第二段\rADD||mmol/L|\rADD|3-6\rNTE|1||x\r".encode())
    assert cut.to_text() == whole.to_text()
    assert read(f"{header}ADD|x\r".encode()).header.text(12) == "2.5x", "also the header's, though nobody does it"


def test_absent_empty_and_null_are_three_things() -> None:
    segment = read((HEADER + '\rPID|1||""|""^x||a^^c\r').encode()).segments[1]
    assert (segment.at(path("PID-3")), segment.text(2), segment.text(99)) == (NULL, "", "")
    assert (segment.text(6), segment.text(6, 2), segment.text(6, 3)) == ("a", "", "c")


def test_other_separators_are_obeyed() -> None:
    text = "MSH*:?!%*A*B*C*D*20260301**ADT:A01*1*P*2.5\rPID*1**7:::X%OID%ISO:MR?8**Family:Given!S!Name\r"
    message = read(text.encode())
    assert (message.kind, message.value("PID-3[2].1"), message.value("PID-5.2")) == ("ADT^A01", "8", "Given:Name")
    assert message.value("PID-3.4.2") == "OID"


def test_a_repetition_is_chosen_by_its_type() -> None:
    message = read(adt())
    assert message.value("PID-3[5=NNCHN].1") == "41152119800506001X"
    assert message.value("PID-3[5=PPN].1") == ""


@pytest.mark.parametrize("name", ["张^三", "刘^昊|天".replace("|", "\\F\\"), "欧阳^娜娜"])
@pytest.mark.parametrize(("declared", "codec"), [("GB 18030-2000", "gb18030"), ("UNICODE UTF-8", "utf-8"), ("GBK", "gb18030")])
def test_declared_characters(name: str, declared: str, codec: str) -> None:
    text = adt(name=name).decode().replace("UNICODE UTF-8", declared)
    message = read(text.encode(codec))
    assert message.codec == codec
    assert message.value("PID-5.1") == name.split("^")[0]


@given(name=st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=12))
def test_a_wrongly_declared_character_set_makes_no_other_name(name: str) -> None:
    """UTF-8 declared as GB18030 is often valid GB18030 of other characters; true GB18030 stays what it is."""
    text = f"{HEADER}||||||GB 18030-2000\rPID|1||7||{name}^\r"
    for codec in ("utf-8", "gb18030"):
        assert read(text.encode(codec)).value("PID-5.1") == name


def test_gb18030_bytes_that_look_like_separators() -> None:
    """鈥 is 0xE2 0x80 in GB18030 and many characters end in 0x7C, 0x5C, 0x5E or 0x7E."""
    tricky = "".join(
        character
        for code in range(0x4E00, 0x9FA5)
        if (character := chr(code)).encode("gb18030")[-1:] in (b"|", b"\\", b"^", b"~", b"&")
    )
    assert len(tricky) > 300
    text = f"MSH|^~\\&|{tricky[:40]}|B|C|D|20260301||ADT^A01|1|P|2.5||||||GB 18030-2000\rPID|1||7||{tricky}^x\r"
    message = read(text.encode("gb18030"))
    assert (message.value("PID-5.1"), message.header.text(3)) == (tricky, tricky[:40])


def test_undeclared_characters_are_recognised() -> None:
    text = f"{HEADER}\rPID|1||7||王^五\r"
    assert [charset.decode(text.encode(codec))[1] for codec in ("utf-8", "gb18030")] == ["utf-8", "gb18030"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"PID|1",
        b"MSH",
        b"MSH|",
        b"MSH|^^~&|A",
        b"MSH|ab|A",
        HEADER.encode() + b"\rnot a segment\r",
        HEADER.encode() + b"||||||MARTIAN\r",
        HEADER.encode() + b"||||||UNICODE UTF-8\rPID|1||\xff\xfe\r",
        HEADER.encode() + b"||||||ASCII\rPID|1||\xd5\xc5\r",
    ],
)
def test_what_cannot_be_read_says_why(content: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        read(content)
    assert caught.value.fault.detail


def test_a_file_of_messages() -> None:
    single = adt().decode()
    file = f"FHS|^~\\&|A\rBHS|^~\\&|A\r{single}{adt('C2').decode()}BTS|2\rFTS|1\r"
    batch = read_batch(file.encode())
    assert [read_text(text).control_id for text in batch.messages] == ["C1", "C2"]
    assert len(read_batch((single + single).encode()).messages) == 2
    with pytest.raises(Unreadable, match="counts 3"):
        read_batch(file.replace("BTS|2", "BTS|3").encode())


def test_delimiters_are_kept_in_the_text() -> None:
    message = read(oru())
    assert read_text(message.to_text()).segments == message.segments
    assert message.marks == Delimiters()


def test_the_hl7_library_reads_the_same(shared_data: Callable[[str], Path]) -> None:
    """Every field of every real message, against the ``hl7`` package."""
    compared = 0
    for file in sorted(shared_data("hl7v2").iterdir()):
        text = file.read_bytes().decode("utf-8-sig").replace("\r\n", "\r").replace("\n", "\r").strip("\r")
        ours, theirs = read_text(text), hl7.parse(text)
        assert [segment.name for segment in ours.segments] == [str(segment[0]) for segment in theirs]
        for mine, other in zip(ours.segments, theirs, strict=True):
            for number in range(1, len(other)):
                # the library strips blanks from the ends of segments
                assert mine.raw(number).strip() == str(other[number]).strip(), (file.name, mine.name, number)
                compared += 1
    assert compared > 20_000


def test_hl7apy_reads_the_same_components(shared_data: Callable[[str], Path]) -> None:
    """The slow, exact ``hl7apy`` on two messages, down to components."""
    for name in ("LAB-ORU-1.hl7", "ADT04-251.hl7"):
        text = (shared_data("hl7v2") / name).read_bytes().decode("utf-8-sig").replace("\r\n", "\r").replace("\n", "\r")
        ours, theirs = read_text(text), parse_message(text.strip("\r"), find_groups=False)
        for mine, other in zip(ours.segments, theirs.children, strict=True):
            for child in other.children if mine.name != "MSH" else ():
                number = int(child.name.rsplit("_", 1)[1]) if child.name and "_" in child.name else 0
                if number and len(mine.repetitions(number)) == 1:
                    assert mine.raw(number) == child.to_er7(), (name, child.name)
