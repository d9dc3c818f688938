"""Value sets in XLSX: what is exported can be changed and imported again; the codes of a cell are separated by ``；``."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from health_platform.kernel.parsing import load
from health_platform.kernel.sheets import Heading
from registry.columns import differences, headings_of, in_words, read_words
from registry.divisions.answering import must_answer_for_region
from registry.importing import ADDED, CHANGED, SAME, Effect, ImportResult, Sheet, import_rows
from registry.standards.models import ValueSet
from registry.standards.schemas import ValueSetIn
from registry.standards.value_sets import ValueSetDraft, draft_from, draft_of, find_value_set, put_value_set

SHEET: Sequence[Heading] = headings_of(ValueSetIn)
_SEPARATOR: Final = "；"
_LISTS: Final = ("include", "exclude")


def rows_of(value_sets: Iterable[ValueSet]) -> Iterator[dict[str, Any]]:
    """Value sets as rows of the sheet."""
    return (in_words(ValueSetIn, _cells(draft_of(row))) for row in value_sets)


def import_file(session: Session, content: bytes, apply: bool = True) -> ImportResult:
    """Add or change one value set per row; see ``import_rows``.

    Raises:
        Denied: the caller does not answer for the region.
    """
    must_answer_for_region(session)
    return import_rows(session, Sheet(content, SHEET, apply), lambda row: _put(session, row))


def _put(session: Session, row: dict[str, str]) -> Effect:
    lists = {name: row.get(name, "").replace(";", _SEPARATOR).replace(_SEPARATOR, "\n") for name in _LISTS}
    draft = draft_from(load(ValueSetIn(), read_words(ValueSetIn, {**row, **lists}), "row"))
    known = find_value_set(session, draft.code)
    before = draft_of(known) if known else None
    if before == draft:
        return Effect(SAME, draft.title)
    put_value_set(session, draft)
    if before is None:
        return Effect(ADDED, draft.title)
    return Effect(CHANGED, before.title, differences(ValueSetIn, _cells(before), _cells(draft)))


def _cells(draft: ValueSetDraft) -> dict[str, Any]:
    plain = {"code": draft.code, "title": draft.title, "system_code": draft.system_code, "leaves_only": draft.rule.leaves_only}
    return {**plain, **{name: _SEPARATOR.join(getattr(draft.rule, name)) for name in _LISTS}}
