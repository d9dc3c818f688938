"""Records whose place a split leaves open, as a file to review: taken out, filled in, and brought back to be carried out."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.errors import Invalid
from health_platform.kernel.sheets import Heading, numbered_table, write_xlsx
from registry.definitions.problems import finding
from registry.divisions.codes import pad
from registry.divisions.followers import DivisionFollowers, Follower, Item
from registry.divisions.migrating import unsure
from registry.divisions.reading import names
from registry.refusals import Told, in_cells

SHEET = (
    Heading("register", "登记类别", True),
    Heading("item", "编号", True),
    Heading("label", "名称"),
    Heading("now", "原区划"),
    Heading("choices", "可选去向"),
    Heading("to", "去向", True),
)


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One record to review; ``to`` is the heir of the split until somebody writes another of the ``choices``."""

    register: str
    item: str
    label: str
    now: str
    choices: str
    to: str


def review_file(session: Session, change_id: int, followers: DivisionFollowers) -> bytes:
    """The records to review as XLSX, one a row.

    Raises:
        NotFound: there is no such change; asked before the workbook is begun, which could not be closed otherwise.
    """
    records = unsure(session, change_id, followers)
    return write_xlsx("迁移核对", SHEET, _rows(session, records))


def overrides_in(content: bytes, followers: DivisionFollowers, places: Collection[str]) -> dict[str, dict[str, str]]:
    """Where the reviewer sends each record: register to (record id to division code). A blank target leaves it to the heir.

    Raises:
        Invalid: ``division.review_file`` with every cell that names no register, no record, or none of ``places``.
    """
    registers = {follower.label: follower.name for follower in followers}
    rows = numbered_table(content, SHEET)
    if wrong := [{"row": number, **one} for number, row in rows for one in _faults(row, registers, places)]:
        raise Invalid("division.review_file", count=len(wrong), findings=wrong[:100])
    found: dict[str, dict[str, str]] = {}
    for _, row in rows:
        if target := _target(row):
            found.setdefault(registers[row["register"]], {})[row["item"]] = target
    return found


def _target(row: Mapping[str, str]) -> str:
    return pad(row["to"].partition(" ")[0])


def _faults(row: Mapping[str, str], registers: Collection[str], places: Collection[str]) -> list[Told]:
    rules = {
        "register": row["register"] not in registers and "register_unknown",
        "item": not row["item"].removeprefix("-").isdecimal() and "number_wrong",
        "to": bool(row["to"]) and _target(row) not in places and "no_heir",
    }
    return in_cells([finding(field, rule) for field, rule in rules.items() if rule], SHEET, row)


def _rows(session: Session, records: Sequence[tuple[Follower, Item, tuple[str, ...]]]) -> Iterator[ReviewRow]:
    known = names(session, {code for _, item, codes in records for code in (item.code, *codes)}, clock.today())
    for follower, item, codes in records:
        yield ReviewRow(
            follower.label,
            str(item.id),
            item.label,
            _named(item.code, known),
            "；".join(_named(code, known) for code in codes),
            _named(codes[0], known),
        )


def _named(code: str, known: Mapping[str, str]) -> str:
    return f"{code} {known.get(code, '')}".strip()
