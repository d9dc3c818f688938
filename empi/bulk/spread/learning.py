"""The model of a spread run: what is common is counted in all parts, weights are learned from a sample of all records."""

from __future__ import annotations

from empi.bulk.job import Job
from empi.bulk.passes import with_passes
from empi.bulk.spread.ground import Ground
from empi.bulk.spread.machines import Machines
from empi.bulk.spread.parts import Parts
from empi.definitions.schema import Rules
from empi.matching.frame import Frame
from empi.matching.frequencies import count_values, distinct_users
from empi.matching.kinds.base import main_hashes
from empi.matching.model import Model
from empi.matching.training import drawn, phones_and_persons, train_sample

_MODEL = "step_2_model"


def learn(job: Job, parts: Parts, ground: Ground, machines: Machines) -> Model:
    """The model of the job, of an earlier run, or learned now; one machine learns it for all.

    Its rules have their blocking passes, chosen from the data where they leave the choice to it.
    """
    store = machines.store
    if job.model:
        return job.model
    sample = parts.gather(drawn(parts.size, job.rules), None) if job.rules.passes_from_data else None
    rules = with_passes(sample, job.rules, parts.size) if sample else job.rules
    steps = [f"step_2_counted_{place:05d}" for place in range(parts.count)]

    def count(place: int) -> None:
        _count(parts.part(place), place, rules, ground)
        store.keep_facts(steps[place], parts.part(place).size)

    def train(_: int) -> None:
        frequencies = ground.frequencies({rule.name: number for number, rule in enumerate(rules.fields) if rule.frequency})
        store.keep_model(train_sample(parts.gather(drawn(parts.size, rules), frequencies), rules, frequencies))

    machines.each("counting values", steps, count)
    machines.each("training", [_MODEL], train)
    return store.trained(rules)


def _count(part: Frame, place: int, rules: Rules, ground: Ground) -> None:
    """Note how common values are in a part, and who uses its telephones."""
    for number, rule in enumerate(rules.fields):
        if rule.frequency:
            column = part.columns[rule.name]
            ground.add_values(number, place, *count_values(main_hashes(column.arrays), column.codes))
    if users := phones_and_persons(part, rules):
        ground.add_users(*distinct_users(*users))
