"""Reading divisions: the shape on a day or of a year, lists, names, and what a code became or came from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.errors import NotFound
from registry.divisions.atlas import Atlas, Division, Step, backward, between, forward
from registry.divisions.codes import Level, level_of, lineage, pad, prefix_of
from registry.divisions.models import DivisionLink, DivisionRow, DivisionSnap, DivisionYear

EARLIEST = date(1900, 1, 1)
"""Divisions that were loaded rather than created by a change hold from this day: their earlier shape is not known."""


@dataclass(frozen=True, slots=True)
class DivisionFilter:
    """Which divisions to list; ``under`` is a code whose direct children are wanted, ``text`` searches below it."""

    under: str | None = None
    text: str = ""
    level: Level | None = None
    day: date | None = None
    limit: int | None = 500


def last_day(year: int) -> date:
    """The day whose shape is the shape of a year."""
    return date(year, 12, 31)


def valid_on(day: date) -> ColumnElement[bool]:
    """The rows of the divisions that exist on a day."""
    return and_(DivisionRow.valid_from <= day, or_(DivisionRow.valid_to.is_(None), DivisionRow.valid_to > day))


def atlas_on(session: Session, day: date) -> Atlas:
    """Every division that exists on a day."""
    return {row.code: _division(row) for row in session.scalars(select(DivisionRow).where(valid_on(day)))}


def atlas_of_year(session: Session, year: int) -> Atlas:
    """The shape of a year: its snapshot when the year is closed, otherwise what is known of its last day."""
    if session.get(DivisionYear, year) is None:
        return atlas_on(session, last_day(year))
    rows = session.scalars(select(DivisionSnap).where(DivisionSnap.year == year))
    return {row.code: Division(row.code, row.name, row.kind, row.area) for row in rows}


def division(session: Session, code: str, day: date | None = None) -> Division:
    """One division as it is on a day (today).

    Raises:
        NotFound: ``division.unknown``.
    """
    row = session.scalar(select(DivisionRow).where(DivisionRow.code == pad(code), valid_on(day or clock.today())))
    if row is None:
        raise NotFound("division.unknown", division=code)
    return _division(row)


def listed(session: Session, wanted: DivisionFilter) -> list[Division]:
    """Divisions in code order. Without a text: the direct children of ``under``, or the topmost divisions.

    The children of a managed area are the divisions it runs.
    """
    query = select(DivisionRow).where(valid_on(wanted.day or clock.today()))
    if wanted.under:
        code = pad(wanted.under)
        within = or_(DivisionRow.code.like(f"{prefix_of(code)}%"), DivisionRow.area == code)
        query = query.where(within, DivisionRow.code != code)
    if words := wanted.text.strip():
        letters = words.lower()
        found = (
            DivisionRow.name.contains(words, autoescape=True),
            DivisionRow.code.startswith(words, autoescape=True),
            DivisionRow.initials.startswith(letters, autoescape=True),
        )
        query = query.where(or_(*found))
    rows = list(session.scalars(query.order_by(DivisionRow.code)))
    level = wanted.level or (None if words or not rows else min(level_of(row.code) for row in rows))
    kept = [row for row in rows if level is None or level_of(row.code) is level]
    return [_division(row) for row in kept[: wanted.limit]]


def names(session: Session, codes: Iterable[str], day: date | None = None) -> dict[str, str]:
    """Names of many codes, those of their parents included; codes that do not exist on the day are left out."""
    wanted = sorted({one for code in codes if code for one in lineage(code)})
    found: dict[str, str] = {}
    for start in range(0, len(wanted), 500):
        rows = session.execute(
            select(DivisionRow.code, DivisionRow.name).where(
                DivisionRow.code.in_(wanted[start : start + 500]), valid_on(day or clock.today())
            )
        )
        found.update((code, name) for code, name in rows)
    return found


def full_name(code: str, known: Mapping[str, str]) -> str:
    """Names from the city down to the division, as an address begins: ``names`` gives ``known``."""
    return "".join(known.get(one, "") for one in lineage(code) if level_of(one) >= Level.CITY)


def steps(session: Session) -> tuple[Step, ...]:
    """The whole history of changed codes, in order of time."""
    rows = session.scalars(
        select(DivisionLink).order_by(DivisionLink.effective_on, DivisionLink.change_id, DivisionLink.position)
    )
    return tuple(step_of(list(group)) for _, group in groupby(rows, key=lambda row: (row.effective_on, row.change_id)))


def resolve(session: Session, code: str, from_year: int, to_year: int) -> tuple[str, ...]:
    """The codes of ``to_year`` for a code of ``from_year``, the heir first; looks back when ``to_year`` is earlier."""
    history = steps(session)
    if to_year >= from_year:
        return forward(pad(code), between(history, last_day(from_year), last_day(to_year)))
    return backward(pad(code), between(history, last_day(to_year), last_day(from_year)))


def carried(session: Session, from_year: int, to_year: int) -> dict[str, str]:
    """For every code of ``from_year`` its heir in ``to_year``: the key from "as it was then" to "as it is now"."""
    history = between(steps(session), last_day(from_year), last_day(to_year))
    return {code: forward(code, history)[0] for code in atlas_of_year(session, from_year)}


def history_of(session: Session, code: str) -> list[DivisionRow]:
    """All rows a code ever had, oldest first."""
    return list(session.scalars(select(DivisionRow).where(DivisionRow.code == pad(code)).order_by(DivisionRow.valid_from)))


def known_count(session: Session) -> int:
    """Number of divisions that exist today."""
    return session.scalar(select(func.count()).select_from(DivisionRow).where(valid_on(clock.today()))) or 0


def step_of(rows: Sequence[DivisionLink]) -> Step:
    """The links of one change, ordered by position, as the step of history they are."""
    links: dict[str, tuple[str, ...]] = {}
    for row in rows:
        if row.predecessor is not None:
            links[row.predecessor] = (*links.get(row.predecessor, ()), row.successor)
    created = frozenset(row.successor for row in rows if row.predecessor is None)
    return Step(rows[0].effective_on, links, created)


def _division(row: DivisionRow) -> Division:
    return Division(row.code, row.name, row.kind, row.area, bool(row.area_unsure))
