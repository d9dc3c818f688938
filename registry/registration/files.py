"""Submissions as files: a provider hands many in at once, and reads in a file what became of them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from health_platform.kernel.scope import Principal
from health_platform.kernel.sheets import Heading
from registry.columns import headings_of, read_words
from registry.importing import ADDED, Effect, ImportResult, Sheet, import_rows
from registry.registration.kinds import KINDS
from registry.registration.models import Submission
from registry.registration.schemas import STATES
from registry.registration.service import FAULTY, Offer, submit

_REFERENCE = Heading("reference", "提交编号", True)
EXPORT: Sequence[Heading] = (
    _REFERENCE,
    Heading("kind", "类别"),
    Heading("state", "状态"),
    Heading("faults", "错误"),
    Heading("note", "审核意见"),
    Heading("entity_id", "平台编号"),
    Heading("provider_name", "提交方"),
    Heading("submitted_at", "提交时间"),
    Heading("decided_by", "审核人"),
    Heading("decided_at", "审核时间"),
)


def submit_file(session: Session, principal: Principal, kind: str, sheet: bytes, apply: bool = True) -> ImportResult:
    """Hand in one submission per row; the columns are the labels of the kind's fields, and the provider's own reference.

    A row with faults is handed in too and told with them, as a single submission would be; one that was decided is not.
    """

    def act(row: dict[str, str]) -> Effect:
        reference = row[_REFERENCE.key]
        payload = read_words(KINDS[kind].schema, {name: cell for name, cell in row.items() if name != _REFERENCE.key})
        made = submit(session, principal, Offer(reference, kind, payload))
        return Effect(FAULTY if made.state == FAULTY else ADDED, reference, str(payload.get("name", "")), made.faults)

    return import_rows(session, Sheet(sheet, headings(kind), apply), act)


def headings(kind: str) -> tuple[Heading, ...]:
    """The columns of a file of one kind."""
    return (_REFERENCE, *(replace(heading, required=False) for heading in headings_of(KINDS[kind].schema)))


def rows_of(submissions: Iterable[Submission]) -> list[dict[str, Any]]:
    """Submissions as rows of the sheet, faults in words."""
    return [
        {
            **{heading.key: getattr(row, heading.key) for heading in EXPORT},
            "kind": KINDS[row.kind].label,
            "state": STATES[row.state],
            "faults": "；".join(_told(fault) for fault in row.faults),
            "entity_id": str(row.entity_id or ""),
        }
        for row in submissions
    ]


def _told(fault: dict[str, Any]) -> str:
    found = "、".join(f"{one.get('label', one['field'])} {one['problem']}" for one in fault.get("findings", ()))
    return found or str(fault["message"])
