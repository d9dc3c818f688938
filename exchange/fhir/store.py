"""Reading and writing versions of resources. Nothing here commits."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import Any, Final, TypeVar

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from empi.api import persons_of
from exchange.fhir.checking import Resource, dump
from exchange.fhir.indexing import tokens
from exchange.fhir.links import own_id
from exchange.fhir.models import FhirResource, FhirToken
from health_platform.kernel.bulk import insert_rows
from health_platform.kernel.crypto.columns import crypto_of
from health_platform.kernel.db import widened
from health_platform.kernel.ids import new_id

_CHUNK: Final = 400
_PLAIN: Final = {"synchronize_session": False}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Owner:
    """The institution in whose name a request writes."""

    institution_id: int
    division_code: str

    @property
    def code(self) -> str:
        """How identities of this institution are named in patient keys."""
        return str(self.institution_id)


@dataclass(slots=True)
class Version:
    """A version about to be written; ``resource`` None is a deletion."""

    kind: str
    logical_id: str
    number: int
    resource: Resource | None
    previous: FhirResource | None = None
    patient_key: int | None = None


def in_chunks(items: Iterable[T], size: int = _CHUNK) -> Iterator[list[T]]:
    """Lists of at most ``size`` items; databases limit the number of parameters."""
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk


def current(session: Session, kind: str, logical_ids: Iterable[str]) -> dict[str, FhirResource]:
    """Current versions by logical id, deletions among them."""
    found: dict[str, FhirResource] = {}
    for chunk in in_chunks(sorted(set(logical_ids))):
        condition = (FhirResource.kind == kind, FhirResource.is_current.is_(True), FhirResource.logical_id.in_(chunk))
        found.update({row.logical_id: row for row in session.scalars(select(FhirResource).where(*condition))})
    return found


def version(session: Session, kind: str, logical_id: str, number: int) -> FhirResource | None:
    """One version, or None."""
    condition = (FhirResource.kind == kind, FhirResource.logical_id == logical_id, FhirResource.version == number)
    return session.scalar(select(FhirResource).where(*condition))


def history(session: Session, kind: str, logical_id: str, limit: int) -> Sequence[FhirResource]:
    """Versions of a resource, newest first."""
    condition = (FhirResource.kind == kind, FhirResource.logical_id == logical_id)
    newest_first = select(FhirResource).where(*condition).order_by(FhirResource.version.desc())
    return session.scalars(newest_first.limit(limit)).all()


def stamp(resource: Resource, logical_id: str, number: int, at: datetime) -> Resource:
    """Give a resource its id and ``meta`` and put them first, as servers do."""
    meta = dict(resource.get("meta") or {})
    meta["versionId"] = str(number)
    meta["lastUpdated"] = _instant(at)
    rest = {name: value for name, value in resource.items() if name not in ("resourceType", "id", "meta")}
    return {"resourceType": resource["resourceType"], "id": logical_id, "meta": meta, **rest}


@lru_cache(maxsize=64)
def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def save(session: Session, owner: Owner, versions: Sequence[Version], at: datetime) -> None:
    """Write versions and make them current."""
    if not versions:
        return
    _retire(session, [one.previous.id for one in versions if one.previous is not None])
    crypto = crypto_of(session.get_bind().dialect)
    persons = _persons(session, versions)
    rows: list[dict[str, Any]] = []
    found: list[dict[str, Any]] = []
    for one in versions:
        shared = {"division_code": owner.division_code, "person_id": persons.get(_patient_key(one) or 0)}
        row_id = new_id()
        rows.append({"id": row_id, **shared, **_row(one, owner, at)})
        if one.resource is not None:
            found.extend(
                {"id": new_id(), "resource_id": row_id, "kind": one.kind, **shared, "name": token.name,
                 "system": token.system, "value": token.value, "low": token.low, "high": token.high}
                for token in tokens(one.resource, lambda value: crypto.blind_index(value, "fhir.token"))
            )  # fmt: skip
    insert_rows(session, FhirResource, rows)
    insert_rows(session, FhirToken, found)


def _persons(session: Session, versions: Sequence[Version]) -> dict[int, int]:
    """Persons of identities the index knows already; of the others it will tell by ``person.linked``."""
    keys = {key for one in versions if (key := _patient_key(one)) is not None}
    if not keys:
        return {}
    with widened(session, "person of a resource"):
        return persons_of(session, keys)


def _patient_key(one: Version) -> int | None:
    return one.patient_key or (one.previous.patient_key if one.previous else None)


def _row(one: Version, owner: Owner, at: datetime) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "logical_id": one.logical_id,
        "version": one.number,
        "is_current": True,
        "is_deleted": one.resource is None,
        "changed_at": at,
        "institution_id": owner.institution_id,
        "institution": owner.code,
        "local_id": own_id(one.resource)[:100] if one.resource else None,
        "patient_key": _patient_key(one),
        "body": dump(one.resource) if one.resource else None,
    }


def _retire(session: Session, row_ids: Sequence[int]) -> None:
    for chunk in in_chunks(row_ids):
        retired = update(FhirResource).where(FhirResource.id.in_(chunk)).values(is_current=False)
        session.execute(retired, execution_options=_PLAIN)
        session.execute(delete(FhirToken).where(FhirToken.resource_id.in_(chunk)), execution_options=_PLAIN)
