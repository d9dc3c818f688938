"""A link of records in parts, stage by stage: read, train, keys, pairs, compare, cluster.

Each stage is made of tasks that leave a step in the work folder; machines that share the folder and the warehouse share the
tasks. Whoever finishes last gathers the answer, which is that of one machine with memory for all (``steps.link_file``).
"""

from __future__ import annotations

import numpy as np

from empi.bulk.job import Job, Share
from empi.bulk.linking import Linked
from empi.bulk.opening import UnreadableRecords
from empi.bulk.reading import read_keys
from empi.bulk.spread import blocking, clustering, comparing, learning
from empi.bulk.spread.ground import Ground
from empi.bulk.spread.machines import Machines, Say
from empi.bulk.spread.parts import Parts, read_parts
from empi.bulk.steps import Result
from empi.bulk.store import Store
from empi.matching.model import Model
from health_platform.kernel.warehouse.api import Warehouse

_OPENED = "step_0_warehouse"


def link_spread(job: Job, warehouse: Warehouse, say: Say = lambda _: None) -> Result:
    """Do whatever is not done yet and gather the answer; the run's rows in the warehouse are dropped.

    Args:
        job: with a work folder and the number of records in a part.
        warehouse: where the pairs are made.
        say: told of each step.

    Raises:
        UnreadableRecords: as ``link_file``; or the job has no work folder.
    """
    parts, model, ground, machines = _through(job, warehouse, None, say)
    labels, cuts = clustering.gathered(parts, machines.store)
    compared, overfull = comparing.count(parts, machines.store), blocking.reports(model.rules, machines.store)
    linked = Linked(labels, cuts, overfull, compared)
    say(f"clustered: {len(np.unique(labels))} persons, {len(cuts)} certain pairs cut")
    edges = comparing.open_edges(parts, labels, machines.store)
    result = Result(read_keys(job.opened(), job.rules), linked, edges, model)
    ground.forget()
    return result


def share_spread(job: Job, warehouse: Warehouse, share: Share, say: Say = lambda _: None) -> None:
    """Do one machine's share of every stage, waiting for the others' between them; ``link_spread`` gathers the answer.

    Raises:
        UnreadableRecords: as ``link_spread``.
    """
    _through(job, warehouse, share, say)


def _ground(warehouse: Warehouse, store: Store) -> Ground:
    """The rows of this run, known by the first of them: steps that are done are worth nothing without the rows they wrote."""
    ground = Ground(warehouse, store.number)
    if not store.has(_OPENED):  # machines that start at one instant each write a row, and any of them will do
        store.keep_facts(_OPENED, ground.begin())
    if not store.has(clustering.PLAN) and not ground.holds(store.facts(_OPENED)):
        raise UnreadableRecords(
            f"the warehouse does not hold the rows of this run (it is another one, or they were dropped): remove {store.folder}"
            " and start again"
        )
    return ground


def _through(job: Job, warehouse: Warehouse, share: Share | None, say: Say) -> tuple[Parts, Model, Ground, Machines]:
    if job.work is None:
        raise UnreadableRecords("records are linked in parts through a work folder that all machines see (--work)")
    for left in Store.left_by_others(job):
        Ground(warehouse, left.number).forget()
    store = Store.of(job)
    machines = Machines(store, share, say)
    ground = _ground(warehouse, store)
    parts = read_parts(job, machines)
    model = learning.learn(job, parts, ground, machines)
    say(f"model {model.version}, prior odds 2^{model.prior_bits}")
    blocking.keep_keys(parts, model.rules, ground, machines)
    blocking.make_pairs(parts, model, ground, machines)
    comparing.compare(parts, model, ground, machines)
    clustering.cluster(parts, model, machines)
    return parts, model, ground, machines
