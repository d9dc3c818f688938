"""What an institution's entry says, and what is wrong with it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from registry.checks import cdc_code_holds, credit_code_holds, parse_institution_22
from registry.divisions.codes import Level, holds, level_of
from registry.identifiers import CDC, CREDIT, ORGANISATION, WS218, Identifier

CATEGORIES: Final = frozenset("ABCDEFGHJKLMNOP")
PROFITS: Final = frozenset("129")


@dataclass(frozen=True, slots=True)
class InstitutionDraft:
    """The entry of an institution as it is filled in.

    Attributes:
        code: unified social credit code, 18 characters; a village clinic may have none of its own.
        code22: 22-character code of WS 218.
        cdc_code: nine-digit code of the disease-control system.
        category: WS 218 class, a letter or a letter and three digits.
        grade: hospital level like 三甲, as code: level 1-3 and A/B/C, or 9 for none.
        ownership: economic type, two digits (GB/T 12402).
        profit: 1 non-profit, 2 profit, 9 other.
        longitude: degrees east, WGS-84. latitude: degrees north.
    """

    name: str
    category: str
    division_code: str
    valid_from: date
    code: str | None = None
    code22: str | None = None
    cdc_code: str | None = None
    short_name: str | None = None
    grade: str | None = None
    ownership: str | None = None
    profit: str | None = None
    address: str | None = None
    longitude: float | None = None
    latitude: float | None = None
    phone: str | None = None
    head: str | None = None
    parent_id: int | None = None
    line_code: str | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault of one field, as the stable name of the rule it breaks."""

    field: str
    rule: str


def findings(draft: InstitutionDraft) -> list[Finding]:
    """Everything that is wrong with an entry; empty when it may be registered."""
    return [*_code_findings(draft), *_place_findings(draft), *_other_findings(draft)]


SCHEMES = {CREDIT: "code", WS218: "code22", CDC: "cdc_code", ORGANISATION: "code"}
"""Schemes of external ids, and the field each is filled in."""


def identifiers(draft: InstitutionDraft) -> list[Identifier]:
    """The external ids that resolve to the institution; the organisation code is part of the credit code."""
    pairs = [(CREDIT, draft.code), (WS218, draft.code22), (CDC, draft.cdc_code)]
    if draft.code:
        pairs.append((ORGANISATION, draft.code[8:17]))
    return [Identifier(scheme, value) for scheme, value in pairs if value]


def _code_findings(draft: InstitutionDraft) -> Iterator[Finding]:
    if not (draft.code or draft.code22 or draft.cdc_code):
        yield Finding("code", "one_code_needed")
    if draft.code and not credit_code_holds(draft.code):
        yield Finding("code", "credit_code_wrong")
    if draft.cdc_code and not cdc_code_holds(draft.cdc_code):
        yield Finding("cdc_code", "cdc_code_wrong")
    if not draft.code22:
        return
    parsed = parse_institution_22(draft.code22)
    if parsed is None:
        yield Finding("code22", "code22_wrong")
        return
    if draft.code and parsed.organisation != draft.code[8:17]:
        yield Finding("code22", "code22_other_organisation")
    if parsed.class_code[0] != draft.category[:1]:
        yield Finding("code22", "code22_other_class")


def _place_findings(draft: InstitutionDraft) -> Iterator[Finding]:
    if not holds(draft.division_code) or level_of(draft.division_code) < Level.COUNTY:
        yield Finding("division_code", "division_county_needed")
    if (draft.longitude is None) != (draft.latitude is None):
        yield Finding("longitude", "coordinates_in_pairs")
    if draft.longitude is not None and not 73 <= draft.longitude <= 136:
        yield Finding("longitude", "outside_the_country")
    if draft.latitude is not None and not 3 <= draft.latitude <= 54:
        yield Finding("latitude", "outside_the_country")


def _other_findings(draft: InstitutionDraft) -> Iterator[Finding]:
    if not draft.name.strip():
        yield Finding("name", "missing")
    if draft.category[:1] not in CATEGORIES:
        yield Finding("category", "class_unknown")
    if draft.profit and draft.profit not in PROFITS:
        yield Finding("profit", "unknown")
    if draft.valid_to and draft.valid_to < draft.valid_from:
        yield Finding("valid_to", "before_beginning")
