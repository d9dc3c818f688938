"""First load of a whole city through the same decisions as an arrival.

The city is compared at once, or in parts where it is more than memory holds; then its components are settled a few at a time,
each by the code that settles an arrival. Into an empty index the keys of all identities are written ahead, and several processes
settle while one writes (ADR 98). A load that was stopped is started again with the same records and goes on where it was.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing

from empi import driver
from empi.bulk.city import AtOnce, Compare, Look, Steps, unseen
from empi.bulk_loading import Applied
from empi.candidates import report_over_full
from empi.crew import Crew, crew
from empi.filling import fill
from empi.identity import RawIdentity
from empi.judges import judge_of
from empi.keys_ahead import KeysAhead, forget_unclaimed_keys
from empi.loading_steps import SCOPE, City, Step, meet_strangers, register_step
from empi.own_index import Terms
from empi.querying import chunks
from empi.stated import Stated, identities_of
from empi.storing import stated_facts
from empi.whole import is_empty, loading, note_loading, note_whole_linking
from health_platform.kernel.crypto import crypto_of
from health_platform.kernel.db import Database

STEP = 5_000
WORTH_PROCESSES = 20_000  # identities: starting a process takes as long as settling some thousand
_TOLD_EVERY = 500_000

Told = Callable[[int], None]
log = logging.getLogger("empi")


def first_load(
    database: Database,
    identities: Iterable[RawIdentity],
    progress: Told = lambda done: None,
    worth_processes: int = WORTH_PROCESSES,
    compare: Compare | None = None,
) -> Applied:
    """Load a city that the index does not know yet: compare everything once, then register component by component.

    Whoever is in the index already is compared with them, too, one by one: for few that is quick.

    Args:
        database: the index.
        identities: may be a stream; of several statements about one number the newest counts.
        progress: told how many identities are settled.
        worth_processes: from so many identities on the work is shared among processes.
        compare: how they are compared, in steps without what reaches into later ones; all in memory at once when not given.
    """
    stated = Stated(_told_of(identities))
    log.info("first load: %d identities read", len(stated))
    with database.unit_of_work(SCOPE) as session:
        judge, state = judge_of(session), loading(session)
        fills = database.dialect in driver.DRIVEN and (state is not None or is_empty(session))
        first = fills or is_empty(session)
        terms = Terms.of(session, crypto_of(session.get_bind().dialect))
    city, total = City(stated, judge), Applied()

    def compared(look: Look = unseen) -> Steps:
        how = compare or AtOnce(STEP, both_ends=False)
        return how(stated.tables(how.each), judge.model, look) if len(stated) else _none()

    if fills:
        with crew(terms, len(stated) >= worth_processes) as workers:
            ahead = _keys_ahead(database, city, workers, state)
            with closing(compared(ahead.take if ahead else unseen)) as found:
                if ahead:
                    _write_keys(database, city, ahead)
                for total in fill(database, city, city.steps(found), workers, ahead is None):
                    progress(total.identities)
    else:
        with closing(compared()) as found:
            for total in _by_arrival(database, city, city.steps(found)):
                progress(total.identities)
    if first:
        with database.unit_of_work(SCOPE) as session:
            note_whole_linking(session, judge.version)
    return total


def _none() -> Steps:
    yield from ()


def _told_of(identities: Iterable[RawIdentity]) -> Iterator[RawIdentity]:
    for place, raw in enumerate(identities, 1):
        if place % _TOLD_EVERY == 0:
            log.info("first load: %d records read so far", place)
        yield raw


def _by_arrival(database: Database, city: City, steps: Iterable[Step]) -> Iterator[Applied]:
    """Every step registered as identities that arrive together; tells what all so far changed."""
    total = Applied()
    for step in steps:
        with database.unit_of_work(SCOPE) as session:
            total = total.plus(register_step(session, step))
        yield total
    meet_strangers(database, city)


def _keys_ahead(database: Database, city: City, workers: Crew, state: str | None) -> KeysAhead | None:
    """Who takes in the keys of all identities to write them ahead; none where an earlier run of this load has written them."""
    if state == _keyed(city):
        return None
    if state not in (None, _begun(city)):
        forget_unclaimed_keys(database, SCOPE)
    return KeysAhead(workers, city.judge.rules, len(city.stated))


def _write_keys(database: Database, city: City, ahead: KeysAhead) -> None:
    _note(database, _begun(city))
    _report(database, city, ahead.write(database, SCOPE))
    _note(database, _keyed(city))


def _begun(city: City) -> str:
    return f"begun {city.stated.digest}"


def _keyed(city: City) -> str:
    return f"keyed {city.stated.digest}"


def _note(database: Database, state: str) -> None:
    with database.unit_of_work(SCOPE) as session:
        note_loading(session, state)


def _report(database: Database, city: City, over_full: dict[int, int]) -> None:
    """Report blocks above their cap, of each of which one identity is given, by the names of their passes."""
    for some in chunks(over_full.items()):
        with database.unit_of_work(SCOPE) as session:
            held = identities_of(city.stated.rows([key for _, key in some]))
            facts = {raw.patient_key: stated_facts(session, raw.facts(), raw.division_code, raw.patient_key) for raw in held}
            names = {one.key: one.name for of_key in city.judge.blocks(session, facts).values() for one in of_key}
            report_over_full(session, {block: names[block] for block, _ in some})
