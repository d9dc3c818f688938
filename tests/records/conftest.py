"""One platform with a warehouse for these tests; every test reads persons of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from health_platform.app import create_platform
from health_platform.datasets.api import dataset
from health_platform.kernel.ids import new_id
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, Scope, scope_of, system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.records.api import (
    InstitutionDirectory,
    Located,
    PersonIndex,
    Record,
    UploadClock,
    ensure_tables,
    open_record,
)
from health_platform.settings import Settings

EVERYTHING = Principal(1, "user", "医师", scope=Scope(divisions=("",)))
_VERSIONS = itertools.count(1)


@dataclass
class Index:
    """A person index a test fills: person → identities as (shelf, patient key, institution, division)."""

    identities: dict[int, list[tuple[int, int, int, str]]] = field(default_factory=dict)

    def pairs(self, session: Session, person_id: int) -> list[tuple[int, int]]:
        scope = scope_of(session)
        found = self.identities.get(person_id, [])
        mine = scope.covers_person(person_id) or any(scope.covers_division(division) for *_, division in found)
        return [(shelf, key) for shelf, key, _, _ in found] if mine else []

    def persons_of(self, session: Session, patient_keys: Sequence[int]) -> dict[int, int]:
        wanted = set(patient_keys)
        return {key: person for person, found in self.identities.items() for _, key, _, _ in found if key in wanted}

    def locate(self, session: Session, person_id: int) -> Located | None:
        given = {key: institution for _, key, institution, _ in self.identities.get(person_id, [])}
        found = sorted(self.pairs(session, person_id))
        return Located(person_id, found, given) if found else None


class Names:
    def names(self, session: Session, institution_ids: Sequence[int]) -> dict[int, str]:
        return {one: f"医院{one}" for one in institution_ids}


@dataclass
class Uploads:
    times: dict[int, datetime] = field(default_factory=dict)

    def last_uploads(self, session: Session, institution_ids: Sequence[int]) -> dict[int, datetime]:
        return {one: self.times[one] for one in institution_ids if one in self.times}


@dataclass
class Clinic:
    """Writes rows of one patient number as the pipeline would, and reads the person's record."""

    platform: Platform
    index: Index
    uploads: Uploads
    person: int = field(default_factory=new_id)
    institution: int = 1
    division: str = "411502000000"
    shelf: int = 0
    key: int = field(default_factory=new_id)

    def __post_init__(self) -> None:
        self.shelf = self.shelf or self.person
        self.index.identities.setdefault(self.person, []).append((self.shelf, self.key, self.institution, self.division))

    def at(self, institution: int, division: str = "") -> Clinic:
        """The same person at another institution."""
        return Clinic(self.platform, self.index, self.uploads, self.person, institution, division or self.division)

    def write(self, name: str, time: str, key: str | None = None, *, gone: bool = False, **values: Any) -> str:
        """A row of a dataset; repeated under the same key it is a correction."""
        key = key or str(new_id())
        self.write_all(name, [{**self._row(name, time, gone, values), dataset(name).key[0]: key}])
        return key

    def write_many(self, name: str, rows: Sequence[tuple[str, dict[str, Any]]]) -> None:
        """New rows, each a time and its values, in one insert."""
        made = [{**self._row(name, time, False, values), dataset(name).key[0]: str(new_id())} for time, values in rows]
        self.write_all(name, made)

    def write_all(self, name: str, rows: Sequence[dict[str, Any]]) -> None:
        self.platform.warehouse.insert(name, list(rows[0]), [tuple(row.values()) for row in rows])

    def _row(self, name: str, time: str, gone: bool, values: dict[str, Any]) -> dict[str, Any]:
        given = dict(values)
        return {
            "shelf": self.shelf,
            "patient_key": self.key,
            "event_time": when(time),
            "institution": self.institution,
            "division_code": self.division,
            "line": dataset(name).line,
            "source": given.pop("source", "data_api"),
            "batch": 1,
            "received_at": when(given.pop("received", "2024-06-01 08:00")),
            "version": next(_VERSIONS),
            "is_deleted": int(gone),
            **given,
        }

    @contextmanager
    def record(self, who: Principal = EVERYTHING, wishes: Any = None) -> Iterator[Record]:
        with self.platform.database.unit_of_work(who.scope) as session:
            yield open_record(self.platform, session, who, self.person, wishes)


def when(text: str) -> datetime:
    """Aware UTC from ``YYYY-MM-DD`` or with a time."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture(scope="session")
def records_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    settings = Settings(home=tmp_path_factory.mktemp("records"), components="")
    platform = create_platform(settings)
    platform.database.create_all()
    platform.bind(PersonIndex, Index())
    platform.bind(InstitutionDirectory, Names())
    platform.bind(UploadClock, Uploads())
    ensure_tables(platform.warehouse)
    yield platform
    platform.warehouse.close()
    stop_endpoint(platform.warehouse.settings)
    platform.database.close()


@pytest.fixture
def clinic(records_platform: Platform) -> Clinic:
    """A person nobody else uses, known to one clinic."""
    return Clinic(records_platform, records_platform.service(PersonIndex), records_platform.service(UploadClock))


@pytest.fixture
def session(records_platform: Platform) -> Iterator[Session]:
    with records_platform.database.unit_of_work(system_scope("test")) as opened:
        yield opened
