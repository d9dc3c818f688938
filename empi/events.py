"""What the index tells the rest of the platform, through the outbox, in the transaction of the act."""

from __future__ import annotations

from dataclasses import dataclass, field

from health_platform.kernel.outbox import event


@dataclass(frozen=True)
class Link:
    """One identity and its person; ``person_before`` is ``None`` at its first link."""

    patient_key: int
    shelf: int
    person_id: int
    person_before: int | None


@event("person.linked")
@dataclass(frozen=True)
class PersonLinked:
    """Identities were linked or moved. ``links``: [patient_key, shelf, person_id, person_before or None] each."""

    links: list[list[int | None]]
    decided_by: str = "rules"

    def each(self) -> list[Link]:
        return [Link(int(key or 0), int(shelf or 0), int(person or 0), before) for key, shelf, person, before in self.links]


@event("person.merged")
@dataclass(frozen=True)
class PersonMerged:
    """``gone`` is no longer in use; its identities are with ``kept``. ``decision_id`` undoes it."""

    kept: int
    gone: int
    decision_id: int
    decided_by: str = "rules"


@event("person.unmerged")
@dataclass(frozen=True)
class PersonUnmerged:
    """A merge was undone: ``restored`` holds its own identities again."""

    kept: int
    restored: int
    decision_id: int


@event("person.split")
@dataclass(frozen=True)
class PersonSplit:
    """Identities left ``person_id`` for other persons."""

    person_id: int
    others: list[int] = field(default_factory=list)


@event("person.review_opened")
@dataclass(frozen=True)
class ReviewOpened:
    """A question waits for a data steward."""

    review_id: int
    kind: str
    institution: str


@event("person.golden_changed")
@dataclass(frozen=True)
class GoldenChanged:
    """Surviving demographics of these persons changed."""

    persons: list[int]
