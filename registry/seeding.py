"""What is there at first start: the divisions of Xinyang and the shipped code tables. Running it again adds what is new."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from health_platform.datasets.api import VALUE_SETS
from health_platform.kernel import clock
from health_platform.kernel.ids import new_id
from registry.divisions.loading import load_shipped
from registry.standards.definitions import ShippedSystem, shipped_systems
from registry.standards.models import CodeSystem, CodeTerm, SystemVersion
from registry.standards.pinyin import initials
from registry.standards.terms import State

REGISTERS = frozenset({"institution", "division"})
"""Tables of coded fields that are registers of their own."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """How much a run added."""

    divisions: int
    systems: int
    terms: int


def seed(session: Session) -> Seeded:
    """Load divisions and code tables that are not there yet; what exists is never touched."""
    divisions = load_shipped(session)
    known = set(session.scalars(select(CodeSystem.code)))
    new = {one.code: one for one in reversed((*shipped_systems(), *_named_by_datasets())) if one.code not in known}
    terms = [term for one in new.values() for term in _add(session, one)]
    session.flush()
    if terms:
        session.execute(insert(CodeTerm), terms)
    return Seeded(divisions, len(new), len(terms))


def _named_by_datasets() -> Iterator[ShippedSystem]:
    """Tables that coded fields refer to; those nobody ships are catalogued, so that no gap is unseen."""
    for value_set in VALUE_SETS.values():
        if value_set.table not in REGISTERS:
            yield ShippedSystem(value_set.table, value_set.label, value_set.standard, "unconfirmed", "1")


def _add(session: Session, one: ShippedSystem) -> list[dict[str, Any]]:
    """Add a system, published with its terms if it has any; returns the rows of the terms."""
    system = CodeSystem(
        id=new_id(),
        code=one.code,
        title=one.title,
        initials=initials(one.title)[:128],
        source=one.source,
        mark=one.mark,
        oid=one.oid,
        hierarchical=one.hierarchical,
    )
    session.add(system)
    if not one.terms:
        return []
    version = SystemVersion(
        id=new_id(),
        system_id=system.id,
        label=one.version,
        state=State.PUBLISHED.value,
        valid_from=clock.today(),
        size=len(one.terms),
        content=new_id(),
        edited_by="platform",
        edited_at=clock.now(),
        decided_by="platform",
        decided_at=clock.now(),
    )
    session.add(version)
    return [
        {"id": new_id(), "version_id": version.id, "position": at, "initials": initials(term.name), **asdict(term)}
        for at, term in enumerate(one.terms)
    ]
