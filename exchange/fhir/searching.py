"""Searches, run: the resources found under the session's scope, and what goes along with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, bindparam, func, select
from sqlalchemy.orm import Session

from exchange.fhir.models import FhirResource, FhirToken
from exchange.fhir.outcome import FhirRefused, Issue
from exchange.fhir.query import CONTROL, MAX_PAGE, Arguments, Query, of_kind, read_query

_NEWEST: Final = (FhirResource.changed_at.desc(), FhirResource.id.desc())

Conditions = tuple[ColumnElement[bool], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of matches, what goes along with them, and how many there are in all."""

    matches: Sequence[FhirResource]
    included: Sequence[FhirResource]
    total: int


def run(session: Session, query: Query) -> Found:
    """Run a search."""
    if query.only_count or query.count == 0:
        return Found((), (), _total(session, query))
    ordered = _newest if query.asked.shared and not query.order else _ordered
    page = ordered(tuple(query.conditions), query.offset, query.count, tuple(query.order) or _NEWEST)
    matches = session.scalars(page, query.asked.values).all()
    # A first page that is not full holds everything there is: most searches are for one patient, and need no counting.
    whole = query.offset == 0 and len(matches) < query.count
    return Found(matches, _included(session, query, matches), len(matches) if whole else _total(session, query))


def _ordered(conditions: Conditions, offset: int, count: int, order: tuple[Any, ...]) -> Select[FhirResource]:
    return select(FhirResource).where(*conditions).order_by(*order).offset(offset).limit(count)


# Systems ask for one thing at a time, mostly a patient by a number: such a search is put together once, and again only when
# so many others came in between. Its conditions are kept as well, so they are the same objects.
_newest = lru_cache(maxsize=500)(_ordered)


def _total(session: Session, query: Query) -> int:
    return session.scalar(select(func.count()).select_from(FhirResource).where(*query.conditions), query.asked.values) or 0


def matching(session: Session, kind: str, arguments: Arguments, institution_id: int) -> Sequence[FhirResource]:
    """Up to two resources of an institution for which conditional criteria hold.

    Only its own: what another institution stored must neither be changed nor betrayed by a condition.
    """
    criteria = [(name, value) for name, value in arguments if value and name.split(":")[0] not in CONTROL]
    if not criteria:
        raise FhirRefused(412, Issue("invalid", "a condition needs at least one search parameter"))
    query = read_query(session, kind, criteria)
    two = _two_kept if query.asked.shared else _two
    return session.scalars(two(tuple(query.conditions)), {**query.asked.values, "institution": institution_id}).all()


def _two(conditions: Conditions) -> Select[FhirResource]:
    return select(FhirResource).where(*conditions, FhirResource.institution_id == bindparam("institution")).limit(2)


_two_kept = lru_cache(maxsize=500)(_two)  # hospitals update by their own numbers


def _included(session: Session, query: Query, matches: Sequence[FhirResource]) -> list[FhirResource]:
    if not matches or not (query.includes or query.reverse_includes):
        return []
    found: dict[int, FhirResource] = {}
    for _, name in query.includes:
        found.update({row.id: row for row in _targets(session, matches, name)})
    for source, name in query.reverse_includes:
        found.update({row.id: row for row in _sources(session, matches, source, name)})
    for match in matches:
        found.pop(match.id, None)
    return list(found.values())[:MAX_PAGE]


def _targets(session: Session, matches: Sequence[FhirResource], name: str) -> Sequence[FhirResource]:
    rows = [row.id for row in matches]
    wanted = select(FhirToken.value).where(FhirToken.resource_id.in_(rows), FhirToken.value.contains("/"))
    values = session.scalars(wanted if name == "*" else wanted.where(FhirToken.name == name)).all()
    pairs = {tuple(value.split("/", 1)) for value in values if value}
    by_kind: dict[str, list[str]] = {}
    for kind, logical_id in sorted(pairs):
        by_kind.setdefault(kind, []).append(logical_id)
    found: list[FhirResource] = []
    for kind, ids in by_kind.items():
        found += session.scalars(_alive(kind).where(FhirResource.logical_id.in_(ids[:MAX_PAGE]))).all()
    return found


def _sources(session: Session, matches: Sequence[FhirResource], source: str, name: str) -> Sequence[FhirResource]:
    references = [row.reference for row in matches]
    pointing = select(FhirToken.resource_id).where(FhirToken.kind == source, FhirToken.value.in_(references))
    pointing = pointing if name == "*" else pointing.where(FhirToken.name == name)
    return session.scalars(_alive(source).where(FhirResource.id.in_(pointing)).limit(MAX_PAGE)).all()


def _alive(kind: str) -> Select[FhirResource]:
    return select(FhirResource).where(*of_kind(kind))
