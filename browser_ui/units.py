"""Institutions looked up by name, for the inputs that ``static/js/units.js`` serves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from browser_ui.forms import choices
from health_platform.kernel.http import Call
from registry.api import Institution, InstitutionFilter, division_names, list_institutions, pad
from registry.institutions.api import institutions_of

SHOWN = 20
FOUND: Final = "/console/registry/institutions/found"
"""Where the registries' forms look an institution up by name."""


def unit_field(call: Call, known: int | None, label: str) -> dict[str, Any]:
    """How a form asks for an institution: a unit picks among those it keeps, everybody else finds one by name.

    A city has thousands of institutions: no list of choices holds them.
    """
    own = call.principal.scope.institutions
    wanted = own if own is not None else [known] if known else []
    named = choices((row.id, row.name) for row in institutions_of(call.session, wanted).values())
    if own is not None:
        return {"kind": "select", "choices": named, "label": label}
    return {"kind": "lookup", "lookup": FOUND, "choices": named, "label": label}


def units_named(session: Session, text: str) -> list[dict[str, str]]:
    """At most ``SHOWN`` institutions of the caller's scope with this in their name, as id and name.

    Names that several institutions bear carry the county (and, when that does not tell them apart, the id): in the browser
    the name is the choice.
    """
    found = list_institutions(session, InstitutionFilter(text=text, size=SHOWN)).rows
    return [{"id": str(row.id), "name": name} for row, name in zip(found, _told_apart(session, found), strict=True)]


def _told_apart(session: Session, found: Sequence[Institution]) -> list[str]:
    sought = select(Institution.name).where(Institution.name.in_({row.name for row in found}))
    names = Counter(session.scalars(sought))
    counties = division_names(session, (_county(row) for row in found))
    wider = [f"{row.name}（{counties.get(_county(row), _county(row))}）" if names[row.name] > 1 else row.name for row in found]
    again = Counter(wider)
    return [f"{name}（编号 {row.id}）" if again[name] > 1 else name for row, name in zip(found, wider, strict=True)]


def _county(row: Institution) -> str:
    return pad((row.division_code or "")[:6])
