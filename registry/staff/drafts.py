"""What a staff entry says, and what is wrong with it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from registry.checks import identity_birth_date, identity_number_holds, identity_sex
from registry.institutions.drafts import Finding

CATEGORIES: Final = (
    "physician",
    "assistant",
    "nurse",
    "pharmacist",
    "technician",
    "village",
    "public_health",
    "manager",
    "other",
)
LICENSED: Final = frozenset({"physician", "assistant", "nurse", "village"})
"""Categories that may only work with a licence; its number is asked for."""


@dataclass(frozen=True, slots=True)
class StaffDraft:
    """The entry of a person as it is filled in; sex and birth date follow from the identity number.

    ``title`` is a code of professional titles, ``specialty`` the registered scope of practice.
    """

    name: str
    id_number: str
    category: str
    employed_on: date
    department_code: str | None = None
    phone: str | None = None
    title: str | None = None
    education: str | None = None
    licence_no: str | None = None
    specialty: str | None = None


def findings(draft: StaffDraft, today: date) -> list[Finding]:
    """Everything that is wrong with an entry."""
    return list(_findings(draft, today))


def sex_and_birth(id_number: str) -> tuple[str, date | None]:
    """Sex (GB/T 2261.1) and birth date written in an identity number that holds."""
    return identity_sex(id_number), identity_birth_date(id_number)


def _findings(draft: StaffDraft, today: date) -> Iterator[Finding]:
    if not draft.name.strip():
        yield Finding("name", "missing")
    if not identity_number_holds(draft.id_number, today):
        yield Finding("id_number", "identity_number_wrong")
    if draft.category not in CATEGORIES:
        yield Finding("category", "unknown")
    if draft.category in LICENSED and not draft.licence_no:
        yield Finding("licence_no", "licence_needed")
    if draft.employed_on > today:
        yield Finding("employed_on", "in_the_future")
