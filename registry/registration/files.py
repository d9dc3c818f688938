"""Submissions as files: a provider hands many in at once, and reads in a file what became of them."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from health_platform.kernel.errors import PlatformError
from health_platform.kernel.scope import Principal
from health_platform.kernel.sheets import Heading, read_table
from registry.institutions.transfer_files import ImportResult
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


def submit_file(session: Session, principal: Principal, kind: str, content: bytes) -> ImportResult:
    """Hand in one submission per row; the columns are the labels of the kind's fields, and the provider's own reference.

    A row with faults is handed in too and told with them, as a single submission would be; one that was decided is not.
    """
    result = ImportResult()
    for number, row in enumerate(read_table(content, headings(kind)), 2):
        payload = {name: value for name, value in row.items() if value and name != _REFERENCE.key}
        try:
            with session.begin_nested():
                made = submit(session, principal, Offer(row[_REFERENCE.key], kind, payload))
        except PlatformError as error:
            result.findings.append({"row": number, "code": error.code, "message": error.message, **error.facts})
            continue
        result.added += made.state != FAULTY
        result.findings += [{"row": number, **fault} for fault in made.faults]
    return result


def headings(kind: str) -> tuple[Heading, ...]:
    """The columns of a file of one kind."""
    named = KINDS[kind].schema().fields.items()
    return (_REFERENCE, *(Heading(name, field.metadata.get("label", name)) for name, field in named))


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
    found = "、".join(f"{one['field']} {one['problem']}" for one in fault.get("findings", ()))
    return f"{fault['message']}：{found}" if found else str(fault["message"])
