"""A warehouse of the size of a city for the record benchmarks: every event straight into the event index.

Most persons exist in the warehouse only. ``READ`` of them are registered in the person index with five identities each, and
one more has 5,000 events; these are the ones that are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from empi.api import RawIdentity, pairs, register
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.records.api import RECORD_EVENT, ensure_tables, refresh

EVENTS_EACH = 200
LARGE_EVENTS = 5_000
READ = 100
INSTITUTIONS = 5
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ROWS = """
SELECT {shelf} AS shelf, {key} AS patient_key,
    ['problem','visit','lab','lab','lab','lab','drug','drug','exam','service'][n % 10 + 1] AS section,
    toDateTime64(1262304000 + n * {step} + shelf % 86400, 3, 'UTC'), 'emr_ex_lab_item', toString(n), 1 + n % {institutions},
    '411502000000', 'medical', if(n % 97 = 0, 'hiv', ''), '',
    ['高血压','门诊','葡萄糖','肌酐','血红蛋白','钾','氨氯地平片','阿司匹林肠溶片','胸部CT','高血压随访'][n % 10 + 1],
    ['I10','I10','GLU','CREA','HGB','K','A1','A2','CT','S1'][n % 10 + 1], toString(round(3 + n % 40 / 10, 1)),
    'mmol/L', '3.9', '6.1', ['1','2','3'][n % 3 + 1], toString(intDiv(n, 8)), '内科', '王医生',
    repeat('未见明显异常。', 4), '', NULL, '', '', ['data_api','hl7v2'][n % 2 + 1], toDateTime64(1717200000, 3, 'UTC'), 1, 0, ''
FROM {numbers}
"""


@dataclass
class RecordCity:
    """A platform whose warehouse is filled step by step; ``small`` and ``large`` are the persons to read."""

    platform: Platform
    small: tuple[int, ...] = ()
    large: int = 0
    events: int = 0

    def people(self) -> None:
        """Register the persons that are read, and load their events."""
        ensure_tables(self.platform.warehouse)
        with self.platform.database.unit_of_work(system_scope("benchmark")) as session:
            registered = register(session, list(_identities(READ + 1)))
            persons = tuple(dict.fromkeys(one.person_id for one in registered))
            assert len(persons) == READ + 1, len(persons)
            where = {person: pairs(session, person) for person in persons}
        self.small, self.large = persons[:-1], persons[-1]
        if self._holds(self.large):
            return
        for person in persons:
            count, step = (LARGE_EVENTS, 80_000) if person == self.large else (EVENTS_EACH, 2_000_000)
            shelf, keys = where[person][0][0], [key for _, key in where[person]]
            self._insert(f"toUInt64({shelf})", f"arrayElement({keys}, n % {len(keys)} + 1)", step, f"numbers({count})")
        refresh(self.platform, persons)

    def _holds(self, person: int) -> bool:
        """Whether an earlier run has loaded the persons to read."""
        sql = f"SELECT count() FROM {self._table} WHERE shelf = %(person)s"
        return bool(self.platform.warehouse.execute(sql, {"person": person})[0][0])

    def grow(self, events: int) -> None:
        """Add persons until the warehouse holds this many events; what an earlier run has added counts."""
        others = f"SELECT count() FROM {self._table} WHERE shelf BETWEEN 1 AND %(most)s"
        self.events = int(self.platform.warehouse.execute(others, {"most": events // EVENTS_EACH})[0][0])
        if self.events >= events:
            return
        first, persons = self.events // EVENTS_EACH, events // EVENTS_EACH
        for start in range(first, persons, 10_000):
            count = min(10_000, persons - start) * EVENTS_EACH
            numbers = (
                f"(SELECT number % {EVENTS_EACH} AS n, {start} + intDiv(number, {EVENTS_EACH}) + 1 AS p FROM numbers({count}))"
            )
            self._insert("toUInt64(p)", "shelf + n % 5", 2_000_000, numbers)
        self.events = events
        self.platform.warehouse.command(f"OPTIMIZE TABLE {self._table} FINAL")

    @property
    def _table(self) -> str:
        return f"{self.platform.settings.warehouse_database}.{RECORD_EVENT.name}"

    def _insert(self, shelf: str, key: str, step: int, numbers: str) -> None:
        source = numbers if numbers.startswith("(") else f"(SELECT number AS n FROM {numbers})"
        rows = _ROWS.format(shelf=shelf, key=key, step=step, institutions=INSTITUTIONS, numbers=source)
        self.platform.warehouse.command(f"INSERT INTO {self._table} {rows}")


def _identities(persons: int) -> Iterator[RawIdentity]:
    for number in range(persons):
        id_no, name = _id_number(number), "张王李赵陈"[number % 5] + chr(0x4E00 + 37 * number % 4000) + chr(0x5000 + number)
        for institution in range(1, INSTITUTIONS + 1):
            yield RawIdentity(
                institution=str(institution), institution_id=institution, local_id=f"B{number}", name=name, gender="1",
                birth_date=f"{id_no[6:10]}-{id_no[10:12]}-{id_no[12:14]}", id_type="01", id_no=id_no,
                division_code="411502000000", address="河南省信阳市浉河区",
            )  # fmt: skip


def _id_number(number: int) -> str:
    """A resident number with a right check digit (GB 11643)."""
    body = f"411502{1940 + number % 60}{1 + number % 12:02}{1 + number % 28:02}{101 + 2 * (number % 400):03}"
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11]
