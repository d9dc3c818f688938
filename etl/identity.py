"""Whose rows these are: from the local patient numbers of an upload to (shelf, patient key).

The person index is bound at start-up (``platform.bind(IdentityResolver, ...)``). Without one, every local number is a person
of its own, which is what a hospital front end needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy.orm import Session

from etl.uploads import Sender
from health_platform.datasets.api import Dataset
from health_platform.kernel.ids import stable_key


class Place(NamedTuple):
    """Where a patient's rows lie; neither part ever changes."""

    shelf: int
    patient_key: int


@dataclass(frozen=True)
class Identity:
    """What rows say about one patient of one sender. ``register`` marks the sender's own patient register."""

    local_id: str
    name: str = ""
    id_type: str = ""
    id_number: str = ""
    gender: str = ""
    birth_date: str = ""
    phone: str = ""
    address: str = ""
    nation: str = ""
    source_time: str = ""
    register: bool = False


class IdentityResolver(Protocol):
    """The person index as the pipeline needs it."""

    def resolve(self, session: Session, sender: Sender, identities: Sequence[Identity]) -> Mapping[str, Place]:
        """The place of every identity, by local id; unknown ones are registered."""


class StableIdentities:
    """The resolver without a person index: the patient key is its own shelf."""

    def resolve(self, session: Session, sender: Sender, identities: Sequence[Identity]) -> Mapping[str, Place]:
        """See :class:`IdentityResolver`."""
        keys = {each.local_id: stable_key(str(sender.institution_id), each.local_id) for each in identities}
        return {local_id: Place(key, key) for local_id, key in keys.items()}


def identities(dataset: Dataset, columns: Mapping[str, Sequence[Any]], stated: Sequence[datetime]) -> dict[str, Identity]:
    """One identity per patient named in the rows; of several rows about one patient the one stated last speaks.

    ``stated`` says when the sender stated each row; of rows stated at once the last one speaks.
    """
    if dataset.patient is None:
        return {}
    roles = dataset.patient.fields()
    last: dict[str, int] = {}
    for row, local_id in enumerate(columns[roles["local_id"]]):
        if stated[row] >= stated[last.get(local_id, row)]:
            last[local_id] = row
    return {
        local_id: Identity(
            **{role: _text(columns[name][row]) for role, name in roles.items()},
            source_time=stated[row].isoformat(),
            register=dataset.patient.register,
        )
        for local_id, row in last.items()
    }


def _text(value: Any) -> str:
    return "" if value is None else str(value)
