"""Resources to dataset rows and back, by declared tables.

A table says for each field of a dataset at which place of the resource it stands; the first place given is also where it is
written when a row becomes a resource. What a resource holds beside these places is not lost: the resource itself is kept.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from exchange.fhir.checking import Resource
from exchange.fhir.codecs import TEXT, Codec
from exchange.fhir.paths import Path, get, path, put
from exchange.fhir.structures import choices, model_of

Row = dict[str, Any]
Rows = dict[str, list[Row]]


class Links(Protocol):
    """What is known of the things a resource refers to."""

    def patient_facts(self, resource: Resource, fields: "PatientFields") -> Row:
        """What the Patient of the same bundle says in these fields; nothing when it did not come along."""

    def local_id(self, reference: Any) -> str:
        """The number dataset rows use for a referenced patient, visit or report; "" without reference."""

    def own_id(self, resource: Resource) -> str:
        """The number dataset rows use for this resource."""

    def referrer(self, resource: Resource, kind: str) -> str:
        """The ``own_id`` of a resource of ``kind`` in the same bundle that refers to this one as its result, or ""."""


@dataclass(frozen=True, slots=True)
class Element:
    """A field at a place of the resource."""

    field: str
    places: tuple[Path, ...]
    codec: Codec = TEXT
    whole: bool = False  # look in the resource itself, not in the repeating element the row is made of

    def read(self, content: Resource, whole: Resource, links: Links | None = None) -> str | None:
        for place in self.places:
            value = get(whole if self.whole else content, place)
            if value is not None and (text := self.codec.to_row(value)):
                return text
        return None

    def write(self, row: Mapping[str, Any], into: Resource) -> None:
        text = row.get(self.field)
        if text not in (None, "") and (value := self.codec.to_fhir(str(text))) is not None:
            put(into, self.places[0], value)


@dataclass(frozen=True, slots=True)
class Reference:
    """A field holding the local number of what a place refers to."""

    field: str
    place: Path
    kind: str

    def read(self, content: Resource, whole: Resource, links: Links) -> str | None:
        return links.local_id(get(whole, self.place)) or None

    def write(self, row: Mapping[str, Any], into: Resource) -> None:
        if number := row.get(self.field):
            put(into, self.place, {"identifier": {"value": str(number)}, "type": self.kind})


@dataclass(frozen=True, slots=True)
class PatientFields:
    """Fields about the patient, taken from the Patient of the same bundle. ``name`` tells such groups apart."""

    name: str
    fields: tuple[Element, ...]

    def of(self, patient: Resource) -> Row:
        row: Row = {}
        for one in self.fields:
            if one.field not in row and (value := one.read(patient, patient)) is not None:
                row[one.field] = value
        return row


@dataclass(frozen=True, slots=True)
class Own:
    """A key: the number of the resource itself, or that of a report which lists it, else its own."""

    field: str
    referrer: str = ""

    def read(self, content: Resource, whole: Resource, links: Links) -> str | None:
        return (links.referrer(whole, self.referrer) if self.referrer else "") or links.own_id(whole)

    def write(self, row: Mapping[str, Any], into: Resource) -> None:
        if not self.referrer and row.get(self.field):
            put(into, path("identifier[0].value"), str(row[self.field]))


@dataclass(frozen=True, slots=True)
class Constant:
    """A field, or with ``place`` an element, that is always the same."""

    field: str
    value: str
    place: Path = ()
    element: Any = None

    def read(self, content: Resource, whole: Resource, links: Links) -> str | None:
        return self.value or None

    def write(self, row: Mapping[str, Any], into: Resource) -> None:
        if self.place and get(into, self.place) is None:
            put(into, self.place, self.element)


Column = Element | Reference | Own | Constant


@dataclass(frozen=True, slots=True)
class ResourceMap:
    """Rows of ``dataset`` made of a kind of resource.

    Attributes:
        only: make the row only of resources for which this holds; always when None.
        each: a repeating element of which each makes a row (``component``), with its number added to the key ``key``.
        fields: the columns, the first filled one of equal name counts.
        patient: what is repeated of the patient in every row.
        reads_back: rows of this dataset that came by other ways are shown as such resources.
    """

    kind: str
    dataset: str
    fields: tuple[Column, ...]
    patient: PatientFields | None = None
    only: Callable[[Resource, Links], bool] | None = None
    each: str = ""
    key: str = ""
    reads_back: bool = True

    def rows(self, resource: Resource, links: Links) -> Iterator[Row]:
        if self.only and not self.only(resource, links):
            return
        parts = resource.get(self.each, ()) if self.each else (resource,)
        for number, part in enumerate(parts, 1):
            row = self._row(part, resource, links)
            if self.each and row.get(self.key):
                row[self.key] = f"{row[self.key]}.{number}"
            yield row

    def _row(self, part: Resource, resource: Resource, links: Links) -> Row:
        row: Row = {}
        for column in self.fields:
            if column.field and column.field not in row and (value := column.read(part, resource, links)) is not None:
                row[column.field] = value
        return {**links.patient_facts(resource, self.patient), **row} if self.patient else row

    def resource(self, row: Mapping[str, Any]) -> Resource:
        """The resource a row says."""
        made: Resource = {"resourceType": self.kind}
        written: set[str] = set()
        for column in self.fields:
            if column.field not in written or not column.field:
                column.write(row, made)
                written.add(column.field)
        for _, members, _ in choices(model_of(self.kind)):
            for name in [name for name in made if name in members][1:]:
                del made[name]
        return made


def element(field: str, *places: str, codec: Codec = TEXT) -> Element:
    """A field at the first filled of these places."""
    return Element(field, tuple(path(place) for place in places), codec)


def of_whole(field: str, *places: str, codec: Codec = TEXT) -> Element:
    """A field of the resource around a repeating element."""
    return Element(field, tuple(path(place) for place in places), codec, whole=True)


def refers(field: str, place: str, kind: str) -> Reference:
    """A field holding the number of what this place refers to."""
    return Reference(field, path(place), kind)


def always(field: str, value: str, place: str = "", to: Any = None) -> Constant:
    """A fixed value; ``place`` and ``to`` say what it is in a resource made of a row."""
    return Constant(field, value, path(place) if place else (), to)
