"""What each institution brought to a load."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from etl.checking import Part, Prepared
from etl.loading import Loaded
from etl.uploads import Sender


@dataclass(frozen=True)
class Share:
    """The batches of one institution in a load, and what became of their rows."""

    sender: Sender
    prepared: Sequence[Prepared]
    loaded: Sequence[Loaded] = ()

    def parts(self) -> dict[str, list[Part]]:
        """What there is to load, by dataset."""
        found: dict[str, list[Part]] = {}
        for part in (part for each in self.prepared for part in each.parts if part.positions or part.lists):
            found.setdefault(part.dataset.name, []).append(part)
        return found


def shares_of(prepared: Iterable[Prepared]) -> list[Share]:
    """One share per institution, in the order of their first batches; the division is the one its first batch came under."""
    shares: dict[int, list[Prepared]] = {}
    for each in prepared:
        shares.setdefault(each.batch.institution_id, []).append(each)
    return [Share(Sender(institution, own[0].batch.division_code), own) for institution, own in shares.items()]
