"""Small worlds that hold every way in which identities pull together and push apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from hypothesis import strategies as st
from sqlalchemy.orm import Session

from empi.api import RawIdentity, register
from health_platform.kernel.db import Database
from health_platform.kernel.scope import system_scope
from tests.empi_service.people import LI, WANG, ZHAO, at, resident_id

_TWIN = RawIdentity(
    institution="M1",
    local_id="t1",
    source_time="2024-05-01",
    name="孙丽之长子",
    gender="1",
    birth_date="2024-04-30",
    phone="15837601111",
    address="信阳市浉河区老城街道胜利路5号",
    mother_name="孙丽",
    mother_id_no=resident_id("411502", "1992-02-02", "448"),
    division_code="411502000000",
)

_NAMED = RawIdentity(
    institution="C1",
    local_id="n1",
    source_time="2024-08-01",
    name="周子强",
    gender="1",
    birth_date="2024-03-08",
    id_type="01",
    id_no=resident_id("411502", "2024-03-08", "131"),
    phone="15937602222",
    address="信阳市浉河区老城街道胜利路9号",
    mother_name="周敏",
    division_code="411502000000",
)
_NAMELESS = at(
    _NAMED,
    "M1",
    "n2",
    name="周敏之大双",
    id_type="",
    id_no="",
    source_time="2024-03-09",
    mother_id_no=resident_id("411502", "1993-03-03", "468"),
)

WORLD: tuple[RawIdentity, ...] = (
    WANG,
    at(WANG, "H2", "a", name="王健国", source_time="2024-03-01"),
    at(WANG, "H3", "b", id_no="", card_no="", source_time="2022-03-01"),
    at(WANG, "H4", "c", birth_date="1956-04-03", phone=""),
    at(ZHAO, "H5", "borrowed", id_no=WANG.id_no),
    LI,
    at(LI, "H2", "d", name="李秀蘭", phone=""),
    at(LI, "H3", "e", id_no="", address="平桥区羊山街道"),
    at(LI, "H4", "sister", name="李秀芳", birth_date="1963-01-02", id_no=resident_id("411502", "1963-01-02", "228")),
    ZHAO,
    at(ZHAO, "H6", "f", phone="15903769990", source_time="2025-01-01"),
    _TWIN,
    at(_TWIN, "M1", "t2", name="孙丽之次子"),
    at(_TWIN, "M2", "t1b", source_time="2024-05-09"),
    _NAMED,
    _NAMELESS,
    at(_NAMED, "C1", "n3", name="周子月", gender="2", id_no=resident_id("411502", "2024-03-08", "148")),
    at(_NAMELESS, "M1", "n4", name="周敏之小双", gender="2"),
)


@st.composite
def arrivals(draw: st.DrawFn) -> list[list[RawIdentity]]:
    """The world in any order, cut into batches anywhere."""
    order = draw(st.permutations(WORLD))
    cuts = sorted(draw(st.sets(st.integers(1, len(WORLD) - 1), max_size=5)))
    return [list(order[start:end]) for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True)]


@contextmanager
def throw_away(database: Database) -> Iterator[Session]:
    """A unit of work whose writes are taken back at the end of the block."""
    try:
        with database.unit_of_work(system_scope("test")) as session:
            yield session
            raise _Discard
    except _Discard:
        pass


class _Discard(Exception):
    pass


def arrive(session: Session, batches: Sequence[Sequence[RawIdentity]]) -> None:
    """Register batch after batch."""
    for batch in batches:
        register(session, batch)
