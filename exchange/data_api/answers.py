"""The answers of the data API: one shape for success and failure."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from flask import Response, jsonify

from health_platform.datasets.api import Fault
from health_platform.kernel.errors import PlatformError

MAX_DESC = 2_000


@dataclass(frozen=True)
class Answer:
    """``{"result", "desc", "id", "errorCode", "errorName"}`` with the HTTP status beside it."""

    result: bool
    desc: str = ""
    id: str = ""
    error_code: str = ""
    error_name: str = ""

    def facts(self) -> dict[str, str | bool]:
        """With the names the front-end software uses."""
        facts = asdict(self)
        facts["errorCode"], facts["errorName"] = facts.pop("error_code"), facts.pop("error_name")
        return facts

    def response(self, status: int = 200) -> Response:
        """As JSON."""
        answer = jsonify(self.facts())
        answer.status_code = status
        return answer


def accepted(row_id: str) -> Answer:
    """The row is stored and holds."""
    return Answer(True, "接收成功", row_id)


def faulty(row_id: str, faults: tuple[Fault, ...]) -> Answer:
    """The row is stored, but lies in quarantine until it is corrected; every fault is named."""
    text = "；".join(map(_said, faults))
    return Answer(False, text[:MAX_DESC], row_id, f"row.{faults[0].rule}", "数据不符合数据集要求，已转入隔离区")


def _said(fault: Fault) -> str:
    """A fault in words; what cannot be read at all has no field."""
    return f"{fault.label or fault.field}({fault.field}): {fault.problem}" if fault.field else fault.problem


def failed(error: PlatformError) -> Response:
    """Any error below the paths of this API in its shape, also for a path or method that it does not have."""
    findings = error.facts.get("reason") or error.facts.get("findings") or ""
    return Answer(False, str(findings)[:MAX_DESC], "", error.code, error.message).response(error.status)
