"""Which person id each cluster keeps. Pure.

Clusters change as evidence arrives; person ids must not, unless they have to. Of the clusters that claim a person id the one
with most of its identities keeps it, and of the ids in a cluster the one with most history wins (issues of other systems:
ids that change on every run make every downstream reference worthless).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    """One identity as it stands now.

    Attributes:
        patient_key: the identity.
        person_id: the person it is linked to; ``None`` before the first link.
        shelf: the person id of its first link, where its clinical rows lie; ``None`` before the first link.
        claims: whether it has a say in who keeps an id; not so what came to a person by a merge that is being undone.
    """

    patient_key: int
    person_id: int | None
    shelf: int | None
    claims: bool = True


@dataclass(frozen=True)
class Assignment:
    """The person id of every cluster, and the ids that lost all their identities.

    Attributes:
        moves: patient key -> person id, only where the link changes.
        born: person ids that must be created.
        revived: retired ids taken back into use.
        retired: person id -> the id that now holds most of its former identities.
        kept: person ids that keep at least one identity.
    """

    moves: dict[int, int]
    born: tuple[int, ...]
    revived: tuple[int, ...]
    retired: dict[int, int]
    kept: tuple[int, ...]


def assign(clusters: Iterable[Sequence[Member]], new_id: Callable[[], int], in_use: frozenset[int] = frozenset()) -> Assignment:
    """Give every cluster a person id, changing as few links as possible.

    Args:
        clusters: a partition of the identities under consideration, closed over their current persons: every identity
            of every person mentioned is a member of some cluster.
        new_id: makes a person id for a cluster that can claim none.
        in_use: persons outside the consideration that still hold identities; their ids are never given away.
    """
    groups = sorted(
        (sorted(group, key=lambda one: one.patient_key) for group in clusters), key=lambda group: group[0].patient_key
    )
    owners = _owners(groups, in_use)
    current = {member.person_id for group in groups for member in group if member.person_id is not None}
    born: list[int] = []
    moves: dict[int, int] = {}
    for position, group in enumerate(groups):
        if position not in owners:
            owners[position] = new_id()
            born.append(owners[position])
        moves.update({one.patient_key: owners[position] for one in group if one.person_id != owners[position]})
    kept = tuple(sorted(set(owners.values()) - set(born)))
    return Assignment(
        moves=moves,
        born=tuple(born),
        revived=tuple(person for person in kept if person not in current),
        retired=_retired(groups, owners, current),
        kept=kept,
    )


def _owners(groups: list[list[Member]], in_use: frozenset[int]) -> dict[int, int]:
    """Hand out existing ids greedily, strongest claim first: links held, rows shelved, fewest strangers, oldest id."""
    claims: list[tuple[int, int, int, int, int]] = []
    for position, group in enumerate(groups):
        heard = [one for one in group if one.claims]
        links = Counter(one.person_id for one in heard if one.person_id is not None)
        shelves = Counter(one.shelf for one in heard if one.shelf is not None and one.shelf not in in_use)
        claims += [
            (-links[person], -shelves[person], len(group) - links[person], person, position)
            for person in links.keys() | shelves.keys()
        ]
    owners: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, _, person, position in sorted(claims):
        if position not in owners and person not in taken:
            owners[position] = person
            taken.add(person)
    return owners


def _retired(groups: list[list[Member]], owners: Mapping[int, int], current: set[int]) -> dict[int, int]:
    heirs: dict[int, Counter[int]] = {}
    for position, group in enumerate(groups):
        for one in group:
            if one.person_id is not None:
                heirs.setdefault(one.person_id, Counter())[owners[position]] += 1
    gone = current - set(owners.values())
    return {person: min(heirs[person], key=lambda heir: (-heirs[person][heir], heir)) for person in sorted(gone)}
