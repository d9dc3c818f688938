"""Work that several machines share through a folder: each does its tasks of a stage and waits for the others' before the next."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from empi.bulk.job import Share
from empi.bulk.store import Store

_LOOK_SECONDS = 1.0
_SAY_EVERY = 10

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Machines:
    """This machine among those that share a work folder; without a share it does whatever is not done yet.

    A task is a step of the store: it is done once its file is there, and doing it twice changes nothing.
    """

    store: Store
    share: Share | None
    say: Say

    def each(self, stage: str, tasks: Sequence[str], do: Callable[[int], None]) -> None:
        """Do this machine's tasks that are not done, in order; return when those of all machines are done.

        Args:
            stage: what is said of it.
            tasks: names of steps.
            do: does the task at a place and keeps its step.
        """
        for place, task in enumerate(tasks):
            if self.holds(place) and not self.store.has(task):
                do(place)
                self.say(f"{stage}: {place + 1} of {len(tasks)}")
        self._wait(stage, tasks)

    def holds(self, place: int) -> bool:
        """Whether the task at this place is this machine's."""
        return self.share is None or self.share.holds(place)

    def _wait(self, stage: str, tasks: Sequence[str]) -> None:
        looked = 0
        while missing := [place for place, task in enumerate(tasks) if not self.store.has(task)]:
            if looked % _SAY_EVERY == 0:
                self.say(f"{stage}: waiting for {len(missing)} steps of share {self._shares(missing)}")
            looked += 1
            time.sleep(_LOOK_SECONDS)

    def _shares(self, places: Sequence[int]) -> str:
        of = self.share.of if self.share else 1
        return ", ".join(f"{number}/{of}" for number in sorted({place % of + 1 for place in places}))
