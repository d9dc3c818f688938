"""Changes of divisions in XLSX: many are handed in at once, one a row, and what became of them is read in a file."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from health_platform.kernel.parsing import load
from health_platform.kernel.scope import Principal
from health_platform.kernel.sheets import Heading
from registry.columns import headings_of, in_words, read_words
from registry.divisions import changing
from registry.divisions.atlas import Change, Division
from registry.divisions.changing import Proposal, handed_in, preview, submit
from registry.divisions.models import DivisionChange
from registry.divisions.schemas import CHANGE_STATES, DIVISION_KINDS, KIND_LABELS, ChangeIn, change_from
from registry.importing import ADDED, SAME, Effect, ImportResult, Sheet, import_rows

SHEET: Sequence[Heading] = headings_of(ChangeIn)
EXPORT: Sequence[Heading] = (
    *SHEET,
    Heading("state", "状态"),
    Heading("submitted_by", "提交人"),
    Heading("submitted_at", "提交时间"),
    Heading("decided_by", "审核人"),
    Heading("decided_at", "审核时间"),
    Heading("note", "审核意见"),
)
_LISTS: Final = ("sources", "targets", "children")
_SEPARATOR: Final = "；"
_TOLD: Final = 12


def rows_of(changes: Iterable[DivisionChange]) -> Iterator[dict[str, Any]]:
    """Changes as rows of the sheet: codes and names of a cell are separated by ``；``, as an import takes them."""
    for row in changes:
        change = changing.change_of(row)
        lists: tuple[Iterable[str], ...] = (
            change.sources,
            (_written(target) for target in change.targets),
            (f"{old} {new}" for old, new in change.children.items()),
        )
        cells = {name: _SEPARATOR.join(entries) for name, entries in zip(_LISTS, lists, strict=True)}
        plain = {heading.key: getattr(row, heading.key, None) for heading in EXPORT}
        words = in_words(ChangeIn, {**plain, "effective": row.effective_on})
        yield {**plain, **words, **cells, "state": CHANGE_STATES[row.state]}


def import_file(session: Session, principal: Principal, content: bytes, apply: bool = True) -> ImportResult:
    """Hand in one change per row; see ``import_rows``. A row that says what was handed in before is left alone.

    Each row is judged by the map as it is, without the other rows: they wait for the city as well.
    """
    return import_rows(session, Sheet(content, SHEET, apply), lambda row: _submit(session, principal, row))


def _submit(session: Session, principal: Principal, row: dict[str, str]) -> Effect:
    lists = {name: "\n".join(row.get(name, "").replace(";", _SEPARATOR).split(_SEPARATOR)) for name in _LISTS}
    body = load(ChangeIn(), read_words(ChangeIn, {**row, **lists}), "row")
    change = change_from(body)
    name = f"{KIND_LABELS[change.kind]} {'、'.join(target.name for target in change.targets)}"
    if known := handed_in(session, change):
        return Effect(SAME, f"{name}（{CHANGE_STATES[known.state]}）")
    text = _told(session, change)
    submit(session, principal, Proposal(change, body["document"], body["reason"]))
    return Effect(ADDED, name, text)


def _told(session: Session, change: Change) -> str:
    """What a change would do to the map, in words."""
    effect = preview(session, change)
    parts = (("撤销", effect.gone), ("新增", effect.new), ("更名或改类", effect.altered))
    return "；".join(f"{what} {_named(divisions)}" for what, divisions in parts if divisions)


def _named(divisions: Sequence[Division]) -> str:
    shown = "、".join(f"{one.name}({one.code})" for one in divisions[:_TOLD])
    return shown if len(divisions) <= _TOLD else f"{shown} 等 {len(divisions)} 个"


def _written(target: Division) -> str:
    plain = target.kind == "statutory" and not target.area
    return " ".join((target.code, target.name, *(() if plain else (DIVISION_KINDS[target.kind], target.area or "")))).strip()
