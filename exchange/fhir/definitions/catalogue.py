"""All mappings between resources and datasets."""

from functools import cache
from typing import Final

from exchange.fhir.definitions import orders, persons, results, visits
from exchange.fhir.mapping import ResourceMap

ALL: Final = (*persons.MAPS, *visits.MAPS, *results.MAPS, *orders.MAPS)


@cache
def maps_of(kind: str) -> tuple[ResourceMap, ...]:
    """What becomes rows of a kind of resource; nothing for kinds that are only kept."""
    return tuple(one for one in ALL if one.kind == kind)


@cache
def mapped_kinds() -> frozenset[str]:
    """Kinds of resources that become rows."""
    return frozenset(one.kind for one in ALL)
