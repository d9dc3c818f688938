"""Which records of all parts are compared: the engine pairs what shares a key; blocks above the cap are split as everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import numpy as np

from empi.bulk.spread.ground import Ground
from empi.bulk.spread.machines import Machines
from empi.bulk.spread.parts import Parts
from empi.bulk.store import Store
from empi.definitions.schema import Rules
from empi.matching.arrays import I64
from empi.matching.blocking import OverfullBlock, compatible, finer_tokens, pass_keys, split_block, stated_in
from empi.matching.frame import Frame
from empi.matching.marks import mark
from empi.matching.model import Model

_RECORDS_AT_ONCE = 2_000_000


def keep_keys(parts: Parts, rules: Rules, ground: Ground, machines: Machines) -> None:
    """Note the blocking keys of all records."""
    steps = [f"step_3_keys_{place:05d}" for place in range(parts.count)]

    def keep(place: int) -> None:
        frame = _fresh(parts.part(place), rules)
        for number in range(len(rules.passes)):
            keys = pass_keys(frame, rules, number)
            keyed = np.flatnonzero(keys)
            stated = finer_tokens(frame, rules, number)
            ground.add_keys(number, keys[keyed], keyed + place * parts.each, 0 if stated is None else stated[keyed])
        frame.tokens = None  # frame and tokens know each other, and a bulk run has no collector to find that out
        machines.store.keep_facts(steps[place], frame.size)

    machines.each("noting keys", steps, keep)


def _fresh(part: Frame, rules: Rules) -> Frame:
    """The part with tokens of its own, which go when it goes."""
    frame = Frame(part.size, part.columns, dict(part.marks))
    return mark(frame, rules, part.marks["seen"])


def make_pairs(parts: Parts, model: Model, ground: Ground, machines: Machines) -> None:
    """Pair what shares a key, pass by pass and a range of keys at a time; then split the blocks above the cap."""
    rules, store = model.rules, machines.store
    of = -(-parts.size // _RECORDS_AT_ONCE)
    tasks = [(place, part) for place in range(len(rules.passes)) for part in range(of)]
    steps = [f"step_4_pairs_{place:02d}_{part:05d}" for place, part in tasks]

    def pair(task: int) -> None:
        ground.make_pairs(tasks[task][0], tasks[task][1], of, cap=rules.block_cap, each=parts.each)
        store.keep_facts(steps[task], True)

    def split(place: int) -> None:
        found: list[OverfullBlock] = []
        for blocks in _lots(ground.large_blocks(place, rules.block_cap), parts.each):
            found += _split(parts, model, place, blocks, ground)
        store.keep_facts(_split_step(place), [asdict(report) for report in found])

    machines.each("pairing", steps, pair)
    machines.each("splitting large blocks", [_split_step(place) for place in range(len(rules.passes))], split)


def _split_step(place: int) -> str:
    return f"step_4_split_{place:02d}"


def _lots(blocks: list[I64], records: int) -> Iterator[list[I64]]:
    """Blocks packed so that each lot has about as many records as a part; a larger block comes alone."""
    lot: list[I64] = []
    for block in blocks:
        if lot and sum(map(len, lot)) + len(block) > records:
            yield lot
            lot = []
        lot.append(block)
    if lot:
        yield lot


def _split(parts: Parts, model: Model, place: int, blocks: list[I64], ground: Ground) -> list[OverfullBlock]:
    members = np.unique(np.concatenate(blocks))
    frame = parts.gather(members, model.frequencies)
    stated = stated_in(frame, model.rules, place)
    reports = []
    for block in blocks:
        left, right, report = split_block(frame, model.rules, model.rules.passes[place], np.searchsorted(members, block))
        left, right = compatible(stated, left, right)
        ground.add_pairs(members[left], members[right], parts.each)
        reports.append(report)
    frame.tokens = None
    return reports


def reports(rules: Rules, store: Store) -> list[OverfullBlock]:
    """The blocks above the cap, by pass."""
    found = (report for place in range(len(rules.passes)) for report in store.facts(_split_step(place)))
    return [OverfullBlock(**{**report, "split_by": tuple(report["split_by"])}) for report in found]
