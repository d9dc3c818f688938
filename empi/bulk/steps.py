"""The steps of a bulk link, each kept in a work folder so that a stopped run continues where it was.

1 read, 2 train, 3 compare (one step per blocking pass), 4 cluster. The folder belongs to one input and one version of
the rules; another input or other rules start afresh. Machines that share the folder can share the third step: each
compares some of the passes (``compare_share``), and whoever runs ``link_file`` afterwards finds them done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from empi.bulk.job import Job, Share
from empi.bulk.linking import Edges, Linked, compare_pass, group, join
from empi.bulk.opening import Source, UnreadableRecords
from empi.bulk.passes import with_passes
from empi.bulk.reading import frame_of_file, read_keys
from empi.bulk.store import Store
from empi.matching.blocking import Brought, OverfullBlock, pass_pairs
from empi.matching.dividing import Cut
from empi.matching.frame import Frame
from empi.matching.marks import mark
from empi.matching.model import Model
from empi.matching.training import train_frame

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Result:
    """Keys in file order with their cluster labels, the edges and the model behind them.

    Of a link in parts the edges are those that are left for a person to look at.
    """

    keys: pa.Array
    linked: Linked
    edges: Edges
    model: Model


def link_file(job: Job, say: Say = lambda _: None) -> Result:
    """Run all steps, taking from the work folder those already done.

    Raises:
        UnreadableRecords: the file lacks the columns the rules need.
    """
    store, source = Store.of(job), job.opened()
    frame, model = _prepare(job, store, source, say)
    edges, linked = _compare(frame, model, store, say)
    linked.labels, cuts = group(frame, model, edges)
    linked.cuts = cuts
    say(f"clustered: {len(np.unique(linked.labels))} persons, {len(cuts)} certain pairs cut")
    return Result(read_keys(source, job.rules), linked, edges, model)


def compare_share(job: Job, share: Share, say: Say = lambda _: None) -> None:
    """Compare one machine's share of the passes and leave the result in the work folder.

    Raises:
        UnreadableRecords: as ``link_file``; or the job has no work folder to share.
    """
    if job.work is None:
        raise UnreadableRecords("a share needs a work folder that the other machines see too (--work)")
    store = Store.of(job)
    frame, model = _prepare(job, store, job.opened(), say)
    _compare(frame, model, store, say, share)


def _prepare(job: Job, store: Store, source: Source, say: Say) -> tuple[Frame, Model]:
    """Read and train, or take both from the work folder."""
    frame = store.frame() or store.keep_frame(frame_of_file(source, job.rules, say))
    if frame.size == 0:
        raise UnreadableRecords(f"{job.records.name} has no records")
    rules = with_passes(frame, job.rules)
    model = job.model or store.model(rules) or store.keep_model(train_frame(frame, rules))
    mark(frame, rules, frame.marks["seen"], model.frequencies)
    say(f"model {model.version}, prior odds 2^{model.prior_bits}")
    return frame, model


def _compare(frame: Frame, model: Model, store: Store, say: Say, share: Share | None = None) -> tuple[Edges, Linked]:
    earlier: list[Brought] = []
    parts: list[Edges] = []
    overfull: list[OverfullBlock] = []
    compared = 0
    passes = model.rules.passes
    for place, rule in enumerate(passes):
        found = pass_pairs(frame, model.rules, place)
        overfull += found.overfull
        if share and not share.holds(place):
            earlier.append(found.brought)
            continue
        step = f"step_3_pass_{place:02d}"
        done, pairs = store.edges(step), store.facts(f"{step}_pairs")
        if done is None or pairs is None:
            done, pairs = compare_pass(frame, model, found, earlier)
            store.keep_facts(f"{step}_pairs", pairs)
            store.keep_edges(step, done)
        compared += pairs
        parts.append(done)
        earlier.append(found.brought)
        say(f"{100 * (place + 1) // len(passes):3d}% pass {rule.name}: {len(done.left)} pairs kept")
    empty: list[Cut] = []
    return join(parts), Linked(np.zeros(0, dtype=np.int64), empty, overfull, compared)
