"""Confirming all sure suggestions of a table at once: a person orders it, a worker does it in portions.

Sure is what ``Suggester.sure`` says: an equal name that only one term has, and no source that mapped it otherwise. What the
person could not have seen is left alone: codes that arrived after the order, and everything once the version in force changed.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.errors import Conflict
from health_platform.kernel.outbox import publish
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import SYSTEM, Principal, system_scope
from health_platform.kernel.sheets import Heading
from registry.events import SureMappingsOrdered
from registry.standards.deciding import Decision, decide, suggester
from registry.standards.dictionaries import SHEET, Table
from registry.standards.models import UNMAPPED, LocalCode
from registry.standards.sources import source
from registry.standards.suggest import LocalCode as Wanted
from registry.standards.suggest import Suggestion
from registry.standards.systems import current

PORTION: Final = 2_000
REVIEW = (*SHEET, Heading("target_name", "标准名称"), Heading("reason", "依据"), Heading("rows_seen", "数据行数"))

Sure = tuple[Any, Suggestion]


def sure(session: Session, table: Table) -> list[Sure]:
    """Every unmapped code of a table that has a sure suggestion (id, code, name, rows_seen), most rows first."""
    query = _unmapped(session, table).order_by(LocalCode.rows_seen.desc(), LocalCode.code)
    return list(_suggested(session, table.system, session.execute(query).all()))


def order(session: Session, principal: Principal, table: Table) -> None:
    """Have every sure suggestion of today confirmed in the caller's name.

    Raises:
        NotFound: the source is unknown to the caller.
        Conflict: nothing of the code system is in force.
    """
    version = current(session, table.system)
    if version is None:
        raise Conflict("standard.empty", system=table.system)
    owner, now = source(session, table.source), clock.now().isoformat()
    publish(session, SureMappingsOrdered(owner.code, table.system, version.content, now, principal.name))


def carry_out(platform: Platform, event: SureMappingsOrdered) -> None:
    """Confirm portion by portion, each committed for itself; begun again, it finds what is left."""
    after: int | None = 0
    while after is not None:
        with platform.database.unit_of_work(system_scope("confirm mappings")) as session:
            after = _portion(session, event, after)


def _portion(session: Session, event: SureMappingsOrdered, after: int) -> int | None:
    """Confirm what is sure among the next codes; returns the id of the last one looked at, ``None`` at the end."""
    version = current(session, event.system)
    if version is None or version.content != event.content:
        return None
    seen = LocalCode.first_seen <= datetime.fromisoformat(event.until)
    query = _unmapped(session, Table(event.source, event.system)).where(LocalCode.id > after, seen)
    rows = session.execute(query.order_by(LocalCode.id).limit(PORTION)).all()
    chosen = _suggested(session, event.system, rows)
    decisions = [Decision(row.id, best.target.code, best.reason, best.score) for row, best in chosen]
    decide(session, replace(SYSTEM, name=event.by_name), decisions)
    return int(rows[-1].id) if rows else None


def _unmapped(session: Session, table: Table) -> Any:
    owner = source(session, table.source)
    return select(LocalCode.id, LocalCode.code, LocalCode.name, LocalCode.rows_seen).where(
        LocalCode.source_id == owner.id, LocalCode.system_code == table.system, LocalCode.state == UNMAPPED
    )


def _suggested(session: Session, system_code: str, rows: Any) -> Iterator[Sure]:
    suggesting = suggester(session, system_code)
    for row in rows:
        if best := suggesting.sure(Wanted(row.code, row.name or "")):
            yield row, best
