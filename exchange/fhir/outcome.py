"""OperationOutcome: what was wrong, where (FHIRPath), and how it is said in HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from health_platform.kernel.errors import PlatformError

MEDIA_TYPE: Final = "application/fhir+json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue. ``code`` is of the value set issue-type; ``where`` a FHIRPath such as ``Patient.name[0].family``."""

    code: str
    text: str
    where: str = ""
    severity: str = "error"

    def to_json(self) -> dict[str, Any]:
        """As an element of ``OperationOutcome.issue``."""
        content: dict[str, Any] = {"severity": self.severity, "code": self.code, "diagnostics": self.text}
        return {**content, "expression": [self.where]} if self.where else content


class FhirRefused(PlatformError):
    """A FHIR request that cannot be served; carries the issues and the HTTP status."""

    def __init__(self, status: int, *issues: Issue) -> None:
        super().__init__(f"fhir.{issues[0].code}", where=issues[0].where, problem=issues[0].text)
        self.status = status
        self.issues = issues


def outcome(issues: Sequence[Issue]) -> dict[str, Any]:
    """The resource that tells a client what happened."""
    return {"resourceType": "OperationOutcome", "issue": [issue.to_json() for issue in issues]}


def invalid(text: str, where: str = "", code: str = "invalid") -> FhirRefused:
    """The content breaks the structure (400)."""
    return FhirRefused(400, Issue(code, text, where))


def unprocessable(text: str, where: str = "", code: str = "business-rule") -> FhirRefused:
    """The content is well formed and breaks a rule (422)."""
    return FhirRefused(422, Issue(code, text, where))


def not_found(what: str) -> FhirRefused:
    """No such thing, or none in the caller's scope (404)."""
    return FhirRefused(404, Issue("not-found", f"{what} is not known"))
