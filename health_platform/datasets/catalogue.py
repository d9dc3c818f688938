"""All datasets of the platform, checked against each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from health_platform.datasets.definitions import (
    front_base,
    front_discharge,
    front_examination,
    front_inpatient,
    front_laboratory,
    front_order,
    front_outpatient,
    front_person,
    front_report_card,
    region_charge,
    region_clinical,
    region_document,
    region_history,
    region_laboratory,
    region_public_health,
    region_visit,
)
from health_platform.datasets.errors import DefinitionError
from health_platform.datasets.model import Dataset

_GROUPS = (
    front_base,
    front_person,
    front_outpatient,
    front_inpatient,
    front_discharge,
    front_examination,
    front_laboratory,
    front_order,
    front_report_card,
    region_visit,
    region_charge,
    region_clinical,
    region_history,
    region_public_health,
    region_document,
    region_laboratory,
)


@cache
def catalogue() -> Mapping[str, Dataset]:
    """Every dataset by code name, in the order of the definitions."""
    return assemble(each for group in _GROUPS for each in group.DATASETS)


@cache
def entities() -> Mapping[str, Dataset]:
    """Every dataset by its name in the JSON data API, lower-cased (``emrexlab``)."""
    return MappingProxyType({each.entity.lower(): each for each in catalogue().values()})


def assemble(datasets: Iterable[Dataset]) -> Mapping[str, Dataset]:
    """Datasets by name.

    Raises:
        DefinitionError: a name is used twice, or a parent does not exist or does not have a single key.
    """
    found: dict[str, Dataset] = {}
    for each in datasets:
        if each.name in found:
            raise DefinitionError(f"dataset {each.name} is defined twice")
        found[each.name] = each
    for each in found.values():
        _check_parent(each, found)
    return MappingProxyType(found)


def _check_parent(dataset: Dataset, known: Mapping[str, Dataset]) -> None:
    if dataset.parent is None:
        return
    parent = known.get(dataset.parent.dataset)
    if parent is None:
        raise DefinitionError(f"{dataset.name}: no parent dataset {dataset.parent.dataset!r}")
    if len(parent.key) != 1 or parent.patient is None:
        raise DefinitionError(f"{dataset.name}: parent {parent.name} must have one key field and a patient")
