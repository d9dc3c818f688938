"""What of a person's data a caller is shown: masked unless the field permission is held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from empi.lookup import Found
from empi.storing import Facts
from health_platform.access.api import Mask, mask_of
from health_platform.kernel.scope import Principal

# Which mask a column falls under; columns not named are shown.
_MASKED = {
    "name": "name",
    "id_no": "id_no",
    "card_no": "id_no",
    "phone": "phone",
    "address": "address",
    "mother_name": "name",
    "mother_id_no": "id_no",
    "credentials": "id_no",
}
_TECHNICAL = ("domain_id", "local_id", "source_time")


def masked(mask: Mask, column: str, value: str) -> str:
    """One value as the caller may see it."""
    return (mask(_MASKED[column], value) or "") if column in _MASKED else value


def golden_for(principal: Principal, golden: Mapping[str, Any]) -> dict[str, Any]:
    """A golden record as the caller may see it; lost values are masked like the surviving one."""
    mask = mask_of(principal)
    return {
        name: {
            **part,
            "values": {column: masked(mask, column, text) for column, text in part["values"].items()},
            "others": [[masked(mask, name, other[0]), *other[1:]] for other in part["others"]],
        }
        for name, part in golden.items()
    }


def facts_for(principal: Principal, facts: Facts) -> dict[str, str]:
    """An identity's facts as the caller may see them."""
    mask = mask_of(principal)
    return {column: masked(mask, column, value) for column, value in facts.items() if column not in _TECHNICAL}


def found_for(principal: Principal, found: Found) -> dict[str, Any]:
    """A person found, as the caller may see it."""
    return {"person_id": found.person_id, "identities": found.identities, "golden": golden_for(principal, found.golden)}


def ruling_name(principal: Principal) -> str:
    """The name under which a decision stands in the history."""
    unit = f" {principal.institution_name}" if principal.institution_name else ""
    return f"{principal.name}{unit}"[:80]
