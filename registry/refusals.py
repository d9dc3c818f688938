"""What a refusal tells whoever sent an entry: the column it is about, what stands there, the rule, and words for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from health_platform.kernel.errors import PlatformError
from health_platform.kernel.sheets import Heading

Told = dict[str, Any]


def told_of(error: PlatformError, about: str) -> Told:
    """A refusal as code, message, facts and findings, one per field.

    One that is no fault of several fields is about the field it names itself (``field`` among its facts), else about
    ``about``: what the entry is known by.
    """
    only = {"field": error.facts.get("field") or about, "rule": error.code, "problem": error.message}
    return {"code": error.code, "message": error.message, **error.facts, "findings": error.facts.get("findings") or [only]}


def in_cells(findings: Sequence[Mapping[str, Any]], headings: Sequence[Heading], cells: Mapping[str, Any]) -> list[Told]:
    """Findings with the heading of their column in the file, and what stands there."""
    labels = {heading.key: heading.label for heading in headings}
    return [_in_cell(one, labels, cells) for one in findings]


def _in_cell(one: Mapping[str, Any], labels: Mapping[str, str], cells: Mapping[str, Any]) -> Told:
    column = str(one["field"]).split(".")[0]
    return {"rule": "form", **one, "label": labels.get(column, column), "value": cells.get(column, "")}
