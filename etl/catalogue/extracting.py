"""Making an extract: read what was granted, de-identify, check, store encrypted."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from empi.api import persons_of
from etl.catalogue.deidentify.anonymity import Anonymised, Cell, Record, Rule, anonymise, counted, smallest_class
from etl.catalogue.deidentify.ladders import ANY, Ladder, age_ladder, code_ladder, place_ladder, shifted, time_ladder
from etl.catalogue.deidentify.roles import COMMON, EVENT, INSTITUTION, PLACE, Role, roles
from etl.catalogue.models import EXPIRED, FAILED, GRANTED, READY, DataRequest, Extract
from etl.catalogue.requests import MOST_LOST, MOST_ROWS, RequestGranted, context_of
from etl.catalogue.terms import COUNTS, Terms, terms_of
from health_platform.datasets.api import VALUE_SETS, Code, Dataset, dataset
from health_platform.kernel import clock, parameters
from health_platform.kernel.clock import LOCAL_ZONE
from health_platform.kernel.errors import Invalid, PlatformError, register_messages
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.kernel.sheets import Heading, write_csv
from health_platform.records.api import InstitutionDirectory
from registry.api import code_names

log = logging.getLogger(__name__)
PSEUDONYM = "person_pseudonym"

register_messages(
    {
        "catalogue.too_many_rows": "符合条件的数据超过 {limit} 行，请缩小期间或区划后重新申请",
        "catalogue.too_few": "符合条件的居民不足 {k} 人，为防止识别个人不予提供",
        "catalogue.not_anonymous": "去标识检查未通过",
    }
)


@dataclass(frozen=True)
class Job:
    """What one extract needs to know."""

    request_id: int
    dataset: Dataset
    terms: Terms
    k: int
    max_rows: int
    max_suppressed: float


def on_granted(platform: Platform, event: RequestGranted) -> None:
    """Make the extract of a granted request; what cannot be made says why. Running it again changes nothing."""
    with platform.database.unit_of_work(system_scope("catalogue extract")) as session:
        row = session.get(DataRequest, event.request_id)
        job = _job(session, platform, row) if row is not None and row.state == GRANTED else None
    if job is None:
        return
    try:
        content, report = make(platform, job)
    except PlatformError as error:
        log.warning("extract %s failed: %s", event.request_id, error.code)
        _finish(platform, job, FAILED, b"", {"error": error.message})
        return
    _finish(platform, job, READY, content, report)


def make(platform: Platform, job: Job) -> tuple[bytes, dict[str, Any]]:
    """The file of an extract and the report on how it was made.

    Raises:
        Invalid: too many rows, too few persons, or the check of the result failed.
    """
    rows = _read(platform, job)
    with platform.database.unit_of_work(system_scope("catalogue extract")) as session:
        persons = _persons(session, rows)
        known = _known_codes(session, job)
        _name_institutions(platform, session, rows)
    if len(set(persons)) < job.k:
        raise Invalid("catalogue.too_few", k=job.k)
    shifts = _Shifts(platform, job)
    records = [_record(job, row, person, known, shifts) for row, person in zip(rows, persons, strict=True)]
    if job.terms.kind == COUNTS:
        return _counts_file(job, counted(records, _rule(job)))
    made = anonymise(records, _rule(job))
    smallest = smallest_class(made.rows, job.terms.linked)
    if smallest is None:
        raise Invalid("catalogue.too_few", k=job.k)
    if smallest < job.k:
        raise Invalid("catalogue.not_anonymous")
    return _detail_file(platform, job, made), _report(job, made, smallest)


def _job(session: Session, platform: Platform, row: DataRequest) -> Job:
    granted = row.granted or {}
    lost = parameters.value(session, platform, MOST_LOST.key) / 100
    rows = parameters.value(session, platform, MOST_ROWS.key)
    return Job(row.id, dataset(row.dataset), terms_of(granted), int(granted["k"]), rows, lost)


def _finish(platform: Platform, job: Job, state: str, content: bytes, report: dict[str, Any]) -> None:
    with platform.database.unit_of_work(system_scope("catalogue extract")) as session:
        row = session.get(DataRequest, job.request_id)
        if row is None or row.state != GRANTED:
            return  # taken back, or expired, meanwhile
        if row.expires_at and row.expires_at <= clock.now():
            row.state = EXPIRED
            return
        row.state, row.report = state, report
        if content:
            sealed = platform.crypto.encrypt_bytes(content, context_of(job.request_id))
            session.add(Extract(request_id=job.request_id, content=sealed, made_at=clock.now()))


# -- reading: exactly the granted columns, divisions and days


def _columns(job: Job) -> tuple[str, ...]:
    fields = [name for name in job.terms.fields if name not in COMMON]
    return ("patient_key", EVENT, INSTITUTION, PLACE, "unmapped", *fields)


def _read(platform: Platform, job: Job) -> list[dict[str, Any]]:
    names, terms = _columns(job), job.terms
    dated = bool(job.dataset.time) or job.dataset.parent is not None
    when = " AND event_time >= %(first)s AND event_time < %(end)s" if dated else ""
    statement = (
        f"SELECT {', '.join(names)} FROM {platform.warehouse.place.table(job.dataset.name)} FINAL"  # noqa: S608 names of a definition
        f" WHERE startsWith(division_code, %(division)s){when} ORDER BY shelf, patient_key, event_time LIMIT %(limit)s"
    )
    parameters_ = {
        "division": terms.division, "limit": job.max_rows + 1,
        **({"first": _utc(terms.first), "end": _utc(terms.last + timedelta(days=1))} if dated else {}),
    }  # fmt: skip
    found = platform.warehouse.execute(statement, parameters_)
    if len(found) > job.max_rows:
        raise Invalid("catalogue.too_many_rows", limit=job.max_rows)
    return [dict(zip(names, row, strict=True)) for row in found]


def _utc(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=LOCAL_ZONE).astimezone(UTC).replace(tzinfo=None)


def _persons(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Whose rows these are: the person of the index, so that a patient of two hospitals counts once; else the patient key."""
    keys = sorted({int(row["patient_key"]) for row in rows})
    linked = persons_of(session, keys)
    return [linked.get(int(row["patient_key"]), -int(row["patient_key"])) for row in rows]


def _known_codes(session: Session, job: Job) -> dict[str, frozenset[str]]:
    """Coded field → permitted codes, where the registry has the table: a code nobody knows may be free text."""
    tables = {field.name: VALUE_SETS[field.value_set].table for field in job.dataset.coded if field.name in job.terms.fields}
    return {name: frozenset(code_names(session, table)) for name, table in tables.items()}


def _name_institutions(platform: Platform, session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Put the names of institutions in the place of their numbers."""
    directory = platform.services.get(InstitutionDirectory.__qualname__)
    ids = sorted({int(row[INSTITUTION]) for row in rows})
    names = directory.names(session, ids) if directory else {}
    for row in rows:
        row[INSTITUTION] = names.get(int(row[INSTITUTION]), str(row[INSTITUTION]))


# -- de-identifying


class _Shifts:
    """How far each person's dates move: by a keyed fingerprint of the person, the same in all rows of this extract."""

    def __init__(self, platform: Platform, job: Job) -> None:
        self._crypto, self._job = platform.crypto, job
        self._known: dict[int, int] = {}

    def of(self, person: int) -> int:
        reach = self._job.terms.shift_days
        if not reach:
            return 0
        if person not in self._known:
            mark = self._crypto.blind_index(f"shift {person}", context_of(self._job.request_id))
            self._known[person] = int.from_bytes(mark.encode()[-8:], "big") % (2 * reach + 1) - reach
        return self._known[person]


def _record(job: Job, row: Mapping[str, Any], person: int, known: Mapping[str, frozenset[str]], shifts: _Shifts) -> Record:
    by_name = roles(job.dataset)
    quasi: dict[str, object] = {}
    rest: dict[str, Any] = {}
    for name in job.terms.fields:
        value = _permitted(row, name, known)
        role = by_name[name]
        if isinstance(value, date):
            value = _local_day(value) if name == EVENT or role is Role.TIME else value
            value = shifted(value, shifts.of(person)) if role is Role.TIME or name == EVENT else value
        grouping = job.terms.kind == COUNTS and role is Role.CODE
        (quasi if grouping or role in (Role.QUASI, Role.TIME) else rest)[name] = value
    return Record(person, quasi, rest)


def _permitted(row: Mapping[str, Any], name: str, known: Mapping[str, frozenset[str]]) -> Any:
    """A value, or ``ANY`` for a code that no table knows."""
    value = row[name]
    if name in known and value and (name in row["unmapped"] or (known[name] and value not in known[name])):
        return ANY
    return value


def _local_day(value: date) -> date:
    if not isinstance(value, datetime):
        return value
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return aware.astimezone(LOCAL_ZONE).date()


def _rule(job: Job) -> Rule:
    by_name = roles(job.dataset)
    quasi = [name for name in job.terms.fields if by_name[name] in (Role.QUASI, Role.TIME)]
    grouped = [name for name in job.terms.fields if job.terms.kind == COUNTS and by_name[name] is Role.CODE]
    ladders = {name: _ladder(job, name) for name in (*quasi, *grouped)}
    codes = tuple(name for name in job.terms.fields if by_name[name] is Role.CODE and name not in ladders)
    return Rule(job.k, ladders, job.terms.linked, job.max_suppressed, codes)


def _ladder(job: Job, name: str) -> Ladder:
    field = job.dataset.by_name.get(name)
    if job.dataset.patient is not None and name == job.dataset.patient.birth_date:
        return age_ladder(job.terms.last)
    if name == PLACE or (isinstance(field, Code) and field.value_set == "division"):
        return place_ladder()
    if name == INSTITUTION or isinstance(field, Code):
        return code_ladder()
    return time_ladder(job.terms.grain)


# -- writing


def _headings(job: Job) -> tuple[Heading, ...]:
    labels = {**COMMON, **{field.name: field.label for field in job.dataset.fields}}
    return tuple(Heading(name, labels[name]) for name in job.terms.fields)


def _detail_file(platform: Platform, job: Job, made: Anonymised) -> bytes:
    headings = _headings(job)
    marks: dict[int, str] = {}
    if job.terms.linked:
        headings = (Heading(PSEUDONYM, "居民假名"), *headings)
        people = {row.person for row in made.rows}
        marks = {each: platform.crypto.blind_index(f"person {each}", context_of(job.request_id)) for each in people}
    rows = [{PSEUDONYM: marks.get(row.person), **row.quasi, **row.rest} for row in made.rows]
    rows.sort(key=lambda row: tuple(str(row.get(heading.key)) for heading in headings))  # the stored order would tell who is who
    return write_csv(headings, rows)


def _counts_file(job: Job, cells: Sequence[Cell]) -> tuple[bytes, dict[str, Any]]:
    names = list(_rule(job).ladders)
    headings = (*(each for each in _headings(job) if each.key in names), Heading("rows", "行数"), Heading("persons", "人数"))
    small = f"<{job.k}"
    rows = [
        {**dict(zip(names, cell.values, strict=True)), "rows": cell.rows or small, "persons": cell.persons or small}
        for cell in cells
    ]
    hidden = sum(cell.persons is None for cell in cells)
    return write_csv(headings, rows), {"cells": len(cells), "hidden_cells": hidden, "k": job.k}


def _report(job: Job, made: Anonymised, smallest: int) -> dict[str, Any]:
    labels = {**COMMON, **{field.name: field.label for field in job.dataset.fields}}
    coarser = {labels[name]: level for name, level in made.levels.items() if level}
    return {
        "k": job.k, "smallest_class": smallest, "rows": len(made.rows), "coarsened": coarser,
        "suppressed_rows": made.suppressed_rows, "linked": job.terms.linked, "shift_days": job.terms.shift_days,
    }  # fmt: skip
