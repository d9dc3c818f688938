"""Lists that a sender states whole: rows it sent before and does not name any more are withdrawn.

HL7 v2 calls this the snapshot mode (chapter 2, "modes for updating via repeating segments"): the segments of a message replace
those the receiver has, as if these were deleted first. Only rows of the same patient, kind and way in are ever withdrawn,
and only by a newer word: what wins is decided by versions, as for every other row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from etl.checking import Part
from etl.decoding.rows import WholeList
from etl.places import row_keys
from health_platform.datasets.api import Dataset
from health_platform.kernel.ids import stable_key
from health_platform.kernel.warehouse.api import Warehouse, load_query

_PLACES: Final = load_query(__package__, "places_of_patients.sql")
_LAST: Final = "\U0010ffff"


@dataclass(frozen=True)
class _Word:
    """A list, and the part of a batch that states it."""

    stated: WholeList
    part: Part

    @property
    def order(self) -> tuple[int, int, int]:
        return self.part.batch.version, self.part.batch.id, self.stated.after


def withdrawn(warehouse: Warehouse, institution: int, parts: Sequence[Part]) -> list[Part]:
    """Deletions of what the lists of a load leave out, to stand behind its rows: of one version the last one counts."""
    words = list(_newest(parts).values())
    if not words:
        return []
    stored = _stored(warehouse, institution, words)
    return [_deletion(word.part, keys) for word in words if (keys := sorted(_left_out(word, stored, parts)))]


def _newest(parts: Sequence[Part]) -> dict[tuple[str, str], _Word]:
    """The last word on each list; it says all that earlier ones said."""
    found: dict[tuple[str, str], _Word] = {}
    for word in (_Word(stated, part) for part in parts for stated in part.lists):
        name = word.stated.local_id, word.stated.prefix
        if name not in found or word.order >= found[name].order:
            found[name] = word
    return found


def _left_out(word: _Word, stored: Mapping[str, Iterable[str]], parts: Sequence[Part]) -> set[str]:
    stated = word.stated
    candidates, said_later = set(stored.get(stated.local_id, ())), set[str]()
    for part, position, key in _rows_of(stated.local_id, parts):
        later = (part.batch.version, part.batch.id, position) >= word.order
        (said_later if later else candidates).add(key)
    return {key for key in candidates - said_later - stated.keys if key.startswith(stated.prefix)}


def _rows_of(local_id: str, parts: Sequence[Part]) -> Iterator[tuple[Part, int, str]]:
    """A patient's rows in a load, without deletions: part, position in the batch, key."""
    for part in parts:
        if part.delete or part.dataset.patient is None:
            continue
        keys, patients = row_keys([part.columns[name] for name in part.dataset.key]), part.columns[part.dataset.patient.local_id]
        for patient, position, key in zip(patients, part.positions, keys, strict=True):
            if patient == local_id:
                yield part, position, key


def _stored(warehouse: Warehouse, institution: int, words: Sequence[_Word]) -> dict[str, list[str]]:
    """Keys that are in the warehouse, by the patient's local number: of the lists' kinds and of the way in that states them."""
    dataset, source = words[0].part.dataset, words[0].part.batch.source
    prefixes = [word.stated.prefix for word in words]
    patients = {stable_key(str(institution), word.stated.local_id): word.stated.local_id for word in words}
    span = {"first": min(prefixes), "beyond": max(prefixes) + _LAST}
    wanted = {"wanted_patients": [str(key) for key in patients]}
    found = warehouse.query(_PLACES, {"dataset": dataset.name, "institution": institution, **span}, wanted)
    came = _of_source(warehouse, dataset, institution, source, found) if found else set()
    keys: dict[str, list[str]] = defaultdict(list)
    for key, _, patient_key in found:
        if key in came:
            keys[patients[patient_key]].append(key)
    return keys


def _of_source(
    warehouse: Warehouse, dataset: Dataset, institution: int, source: str, found: Sequence[tuple[str, int, int]]
) -> set[str]:
    """Those of which some version came this way in. Table and columns come from the definition, all values are parameters."""
    (key,) = dataset.key
    statement = (
        f"SELECT DISTINCT {key} FROM {warehouse.place.table(dataset.name)}"  # noqa: S608 - names of a definition
        " WHERE institution = %(institution)s AND source = %(source)s AND (shelf, patient_key) IN %(places)s"
        f" AND {key} IN %(keys)s"
    )
    places, keys = tuple({(shelf, patient) for _, shelf, patient in found}), tuple(key for key, _, _ in found)
    parameters = {"institution": institution, "source": source, "places": places, "keys": keys}
    return {name for (name,) in warehouse.execute(statement, parameters, {"max_query_size": 2**24})}


def _deletion(part: Part, keys: Sequence[str]) -> Part:
    columns = {each.name: [each.missing] * len(keys) for each in part.dataset.fields}
    columns[part.dataset.key[0]] = list(keys)
    return Part(part.batch, part.dataset, True, columns, range(len(keys)), {}, lambda _: "", range(0))
