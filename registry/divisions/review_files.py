"""Records whose place a split leaves open, as a file to review: taken out, filled in, and brought back to be carried out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.errors import Invalid
from health_platform.kernel.sheets import Heading, read_table, write_xlsx
from registry.divisions.codes import pad
from registry.divisions.migrating import DivisionFollowers, unsure
from registry.divisions.reading import names

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
    """The records to review as XLSX, one a row."""
    return write_xlsx("迁移核对", SHEET, _rows(session, change_id, followers))


def overrides_in(content: bytes, followers: DivisionFollowers) -> dict[str, dict[str, str]]:
    """Where the reviewer sends each record: register to (record id to division code). A blank target leaves it to the heir.

    Raises:
        Invalid: ``division.review_file`` with the first row that names no register or no record.
    """
    registers = {follower.label: follower.name for follower in followers}
    found: dict[str, dict[str, str]] = {}
    for number, row in enumerate(read_table(content, SHEET), 2):
        register, item, target = registers.get(row["register"]), row["item"], row["to"].partition(" ")[0]
        if register is None or not item.lstrip("-").isdigit():
            raise Invalid("division.review_file", row=number)
        if target:
            found.setdefault(register, {})[item] = pad(target)
    return found


def _rows(session: Session, change_id: int, followers: DivisionFollowers) -> Iterator[ReviewRow]:
    records = unsure(session, change_id, followers)
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
