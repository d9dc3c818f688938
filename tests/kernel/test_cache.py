"""Caching by configuration: operators decide what is kept, where and for how long; scopes never share an answer."""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.kernel import cache
from health_platform.kernel.cache import CacheRule, CacheStore, cacheable
from health_platform.kernel.cache_rules import exchange_now
from health_platform.kernel.cache_shared import CacheEntryRow, SharedAnswers, digest_of
from health_platform.kernel.errors import DefinitionError
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Scope, system_scope

pytestmark = pytest.mark.system("A17")


@cacheable("test.square", "平方", key=("number",))
def square(session: Session, number: int, log: list[int]) -> int:
    """Square of a number."""
    log.append(number)
    return number * number


CITY, COUNTY = Scope(divisions=("4115",)), Scope(divisions=("411502",))


def ask_for_square(platform: Platform, number: int, log: list[int], scope: Scope = CITY, reading: bool = True) -> int:
    with platform.database.unit_of_work(scope, reading=reading) as session:
        return square(session, number, log)


@pytest.fixture
def kept_a_minute(platform: Platform) -> Iterator[CacheStore]:
    """What a fresh process would be: a store of its own, under a rule of one minute, shared."""
    before = vars(platform.cache).copy()
    vars(platform.cache).update(vars(CacheStore(shared=platform.cache.shared)))
    platform.cache.set_rule("test.square", CacheRule(60, 100, shared=True))
    yield platform.cache
    vars(platform.cache).update(before)


def test_a_marked_function_is_cached_only_after_an_operator_says_so(platform: Platform, as_principal: Any) -> None:
    operator, log = as_principal(), []
    assert [ask_for_square(platform, 3, log), ask_for_square(platform, 3, log), log] == [9, 9, [3, 3]]
    answer = operator.put("/api/v1/cache/test.square", json={"seconds": 60})
    assert answer.get_json()["seconds"] == 60
    exchange_now(platform)
    assert [ask_for_square(platform, 4, log), ask_for_square(platform, 4, log), log] == [16, 16, [3, 3, 4]]
    exchange_now(platform)
    line = next(x for x in operator.get("/api/v1/cache").get_json() if x["name"] == "test.square")
    assert (line["hits"], line["purpose"]) == (1, "平方")
    assert operator.post("/api/v1/cache/test.square/emptied").get_json()["seconds"] == 60
    exchange_now(platform)
    assert [ask_for_square(platform, 4, log), log] == [16, [3, 3, 4, 4]]
    platform.cache.set_rule("test.square", CacheRule())
    assert operator.put("/api/v1/cache/none", json={"seconds": 60}).status_code == 404


def test_nobody_is_answered_from_what_another_scope_may_see(platform: Platform, kept_a_minute: CacheStore) -> None:
    log: list[int] = []
    for scope in (CITY, COUNTY, CITY, COUNTY):
        assert ask_for_square(platform, 5, log, scope) == 25
    assert log == [5, 5]


def test_a_unit_that_writes_neither_reads_nor_fills_the_cache(platform: Platform, kept_a_minute: CacheStore) -> None:
    log: list[int] = []
    for reading in (False, True, False, True):
        ask_for_square(platform, 6, log, reading=reading)
    assert log == [6, 6, 6]


def test_another_process_is_given_what_one_has_computed(platform: Platform, kept_a_minute: CacheStore) -> None:
    log: list[int] = []
    ask_for_square(platform, 7, log)
    platform.service(SharedAnswers).exchange(platform.database)
    kept_a_minute.clear("test.square")  # as a process that has just started
    assert [ask_for_square(platform, 7, log), log] == [49, [7]]
    assert [ask_for_square(platform, 7, log, COUNTY), log] == [49, [7, 7]]
    with platform.database.unit_of_work(system_scope("test")) as session:
        row = session.scalars(select(CacheEntryRow)).one()
        assert b"I49" not in row.content  # sealed, not plain pickle
        row.content = pickle.dumps(50)  # what somebody wrote who has no key
    kept_a_minute.clear("test.square")
    assert [ask_for_square(platform, 7, log), log] == [49, [7, 7, 7]]


def test_of_many_who_ask_at_once_one_computes(platform: Platform, kept_a_minute: CacheStore) -> None:
    started, computed = threading.Barrier(8), []

    def slow() -> int:
        computed.append(1)
        time.sleep(0.2)
        return 81

    def ask(_: int) -> Any:
        started.wait()
        return kept_a_minute.answer("test.square", 9, slow)

    with ThreadPoolExecutor(8) as askers:
        assert list(askers.map(ask, range(8))) == [81] * 8
    assert len(computed) == 1


def test_what_was_emptied_meanwhile_is_not_kept(platform: Platform, kept_a_minute: CacheStore) -> None:
    def emptied_while_computing() -> int:
        kept_a_minute.set_rule("test.square", CacheRule(60, 100, shared=True, round=1))
        return 1

    assert kept_a_minute.answer("test.square", 10, emptied_while_computing) == 1
    assert kept_a_minute.answer("test.square", 10, lambda: 2) == 2


def test_shared_keys_do_not_depend_on_the_process() -> None:
    names = ("a", "b", "c", "d", "e")
    scopes = [Scope(lines=frozenset(order)) for order in (names, reversed(names))]
    assert len({digest_of(0, (scope, date(2026, 1, 1))) for scope in scopes}) == 1
    assert digest_of(0, (1, 2)) != digest_of(0, ((1, 2),)) != digest_of(1, ((1, 2),)) != digest_of(1, ("1", "2"))


def test_cached_answers_run_out_and_are_bounded() -> None:
    store = CacheStore(rules={"f": CacheRule(seconds=60, entries=2)})
    made: list[int] = []
    for key in (1, 2, 3, 3, 1):
        store.answer("f", key, lambda key=key: made.append(key))
    assert made == [1, 2, 3, 1]


def test_a_key_that_is_no_parameter_is_refused() -> None:
    with pytest.raises(DefinitionError):
        cacheable("test.wrong", "错误", key=("other",))(lambda number: number)
    assert "test.wrong" not in cache.CACHEABLE
