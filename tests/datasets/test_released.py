"""What was released stays: senders and stored rows outlive an edition of the definitions."""

from __future__ import annotations

import dataclasses

import pytest

from health_platform.datasets.api import Dataset, Text, catalogue
from health_platform.datasets.released import broken, released, written

pytestmark = pytest.mark.system("A06", "A11")


def test_nothing_released_is_broken_without_a_migration() -> None:
    assert broken(released(), catalogue()) == []


def test_every_dataset_can_be_written_and_read_back() -> None:
    old = {each.name: each for each in released()}
    assert {"emr_ex_lab", "visit", "vaccination"} <= old.keys()
    assert written(old.values()) == written(released())
    for name, dataset in catalogue().items():
        if name in old:
            assert old[name].by_name.keys() <= dataset.by_name.keys()


def _without(dataset: Dataset, name: str) -> Dataset:
    return dataclasses.replace(dataset, fields=tuple(field for field in dataset.fields if field.name != name))


def test_a_field_that_disappears_a_shorter_one_and_a_lost_dataset_are_named() -> None:
    new = dict(catalogue())
    new["emr_ex_lab"] = _without(new["emr_ex_lab"], "bed_no")
    assert broken(released(), new) == ["emr_ex_lab.bed_no: removed"]
    assert broken(released(), new, {"emr_ex_lab.bed_no": "0003_beds"}) == []
    shorter = tuple(
        dataclasses.replace(field, max_length=3) if isinstance(field, Text) and field.name == "bed_no" else field
        for field in catalogue()["emr_ex_lab"].fields
    )
    new["emr_ex_lab"] = dataclasses.replace(catalogue()["emr_ex_lab"], fields=shorter)
    assert broken(released(), new) == ["emr_ex_lab.bed_no: length changed from 10 to 3"]
    del new["emr_ex_lab"]
    assert broken(released(), new) == ["emr_ex_lab.: removed"]
