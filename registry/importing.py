"""Files taken in row by row: what every row would do is shown first; confirmed, the same is done.

A wrong row is told with its number, the column, the value and the rule, and leaves no trace; the others count.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.orm import Session

from health_platform.kernel.errors import PlatformError
from health_platform.kernel.sheets import Heading, numbered_table
from registry.refusals import in_cells, told_of

ADDED, CHANGED, SAME, FAULTY = "added", "changed", "same", "faulty"
TOLD: Final = 500
"""Rows whose effect is told one by one; all of them are counted."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """An uploaded file, the columns it should have, and whether it is to be taken in or only looked at.

    The first column is what a row is known by: a refusal that is about no other column is told under it.
    """

    content: bytes
    headings: Sequence[Heading]
    apply: bool = True


@dataclass(frozen=True, slots=True)
class Effect:
    """What a row does (added, changed, same), to which entry, and what becomes otherwise there.

    ``faults``: what is wrong with a row that is kept all the same, for whoever sent it to mend (then ``what`` is faulty).
    """

    what: str
    name: str
    text: str = ""
    faults: Sequence[Mapping[str, Any]] = ()


@dataclass(slots=True)
class ImportResult:
    """How many rows were added, changed and left as they are, and what is wrong with the others.

    ``effects`` tells the first ``TOLD`` additions and changes. Without ``applied`` nothing was written.
    """

    applied: bool = True
    added: int = 0
    changed: int = 0
    same: int = 0
    effects: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)

    def count(self, number: int, effect: Effect) -> None:
        """Note what row ``number`` does."""
        self.added += effect.what == ADDED
        self.changed += effect.what == CHANGED
        self.same += effect.what == SAME
        if effect.what in (ADDED, CHANGED) and len(self.effects) < TOLD:
            self.effects.append({"row": number, "what": effect.what, "name": effect.name, "text": effect.text})


def import_rows(session: Session, sheet: Sheet, act: Callable[[dict[str, str]], Effect]) -> ImportResult:
    """Do ``act`` for every row, each in a savepoint of its own; without ``sheet.apply`` everything is taken back.

    Raises:
        Invalid, TooLarge: the file as a whole cannot be read; see ``numbered_table``.
    """
    rows = numbered_table(sheet.content, sheet.headings)
    result = ImportResult(sheet.apply)
    trial = None if sheet.apply else session.begin_nested()
    for number, row in rows:
        try:
            with session.begin_nested():
                effect = act(row)
        except PlatformError as error:
            result.findings.append({"row": number, **told_of(error, sheet.headings[0].key)})
        else:
            result.count(number, effect)
            result.findings += [{"row": number, **fault} for fault in effect.faults]
    cells = dict(rows)
    for one in result.findings:
        one["findings"] = in_cells(one["findings"], sheet.headings, cells[one["row"]])
    if trial is not None:
        trial.rollback()
    return result
