"""Who is compared online is who is compared in bulk; an upgrade that brings other passes reaches whoever is stored already."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from empi.api import RawIdentity, register, relink
from empi.candidates import search
from empi.judges import judge_of
from empi.matching.blocking import candidate_pairs
from empi.matching.scoring import frame_of
from empi.models import BlockRow, IdentityRow
from empi.storing import facts_of, known
from health_platform.kernel.db import Database
from health_platform.kernel.scope import system_scope
from tests.empi_service.people import WANG, at
from tests.empi_service.worlds import WORLD, throw_away

pytestmark = pytest.mark.system("A10")

KEYS = select(BlockRow.block, BlockRow.finer, BlockRow.finest, BlockRow.patient_key)

FEW = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["王建国", "王健国", "王建军", "李秀兰之子", ""]),
        "gender": st.sampled_from(["1", "2", ""]),
        "birth_date": st.sampled_from(["1956-03-04", "1957-03-04", "1956-03-05", ""]),
        "id_no": st.sampled_from([WANG.id_no, f"{WANG.id_no[:6]}********{WANG.id_no[14:]}", ""]),
        "phone": st.sampled_from(["13703761234", ""]),
        "address": st.sampled_from(["信阳市浉河区民权街道新华路12号", "信阳市浉河区老城街道新华路9号", "新华路", ""]),
    }
)


def person_of(session: Session, raw: RawIdentity) -> int | None:
    return known(session, [raw.patient_key])[raw.patient_key].person_id


def both_ways(session: Session, rows: list[dict[str, str]]) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """The pairs of some identities, sought in the index and made by column."""
    blank = RawIdentity(institution="", local_id="", division_code=WANG.division_code)
    register(session, [replace(blank, institution=f"H{k}", local_id=f"p{k}", **row) for k, row in enumerate(rows)])
    judge = judge_of(session)
    facts = {key: facts_of(session, row) for key, row in known(session, session.scalars(select(IdentityRow.patient_key))).items()}
    keys = np.array(sorted(facts))
    frame = frame_of([judge.read(facts[key]) for key in keys.tolist()], judge.model)
    columns = {
        (min(int(keys[a]), int(keys[b])), max(int(keys[a]), int(keys[b])))
        for _, left, right in candidate_pairs(frame, judge.rules, [])
        for a, b in zip(left.tolist(), right.tolist(), strict=True)
    }
    return set(search(session, judge.blocks(session, facts), judge.block_cap).pairs), columns


@settings(max_examples=60, deadline=None)
@given(st.lists(FEW, min_size=2, max_size=8))
def test_online_and_bulk_compare_the_same_pairs(index: Database, rows: list[dict[str, str]]) -> None:
    with throw_away(index) as session:
        sought, made = both_ways(session, rows)
        assert sought == made


@settings(max_examples=15, deadline=None)
@given(st.lists(FEW, min_size=2, max_size=8))
def test_the_same_pairs_on_postgresql(postgres_index: Database, rows: list[dict[str, str]]) -> None:
    with throw_away(postgres_index) as session:
        sought, made = both_ways(session, rows)
        assert sought == made


def test_weak_passes_leave_out_who_differs_and_keep_who_says_nothing(session: Session) -> None:
    """One name and one street: another birth year is another person, none stated may be the same."""
    street = {"address": "信阳市浉河区民权街道新华路12号", "id_no": "", "phone": "", "gender": ""}
    rows = [{"name": "王建国", "birth_date": born, **street} for born in ("1956-03-04", "1971-08-09", "")]
    sought, _ = both_ways(session, [{**row, "address": f"信阳市浉河区民权街道新华路{k}号"} for k, row in enumerate(rows)])
    names = {row.patient_key: row.local_id for row in session.scalars(select(IdentityRow))}
    assert {frozenset((names[one], names[other])) for one, other in sought} == {frozenset(("p0", "p2")), frozenset(("p1", "p2"))}


def test_a_relink_writes_the_keys_of_the_passes_now_in_force(index: Database) -> None:
    scope = system_scope("test")
    with index.unit_of_work(scope) as session:
        register(session, WORLD)
        stored = {
            tuple(row) for row in session.execute(select(BlockRow.block, BlockRow.finer, BlockRow.finest, BlockRow.patient_key))
        }
        session.execute(delete(BlockRow))  # whatever they were under former passes, nobody asks for them
        register(session, [at(WANG, "H8", "stranger")])
        assert person_of(session, at(WANG, "H8", "stranger")) != person_of(session, WANG)
    relink(index)
    with index.unit_of_work(scope) as session:
        found = {
            tuple(row) for row in session.execute(select(BlockRow.block, BlockRow.finer, BlockRow.finest, BlockRow.patient_key))
        }
        assert found > stored
        assert person_of(session, at(WANG, "H8", "stranger")) == person_of(session, WANG)
        register(session, [at(WANG, "H9", "later")])
        assert person_of(session, at(WANG, "H9", "later")) == person_of(session, WANG)
