"""A region with a trial application: things, milestones, two-party cases, parameters of a county."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.trial import TRIAL
from tests.support.clinic import Region
from tests.support.clinic import region as made


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    with made(tmp_path_factory.mktemp("region"), TRIAL) as one:
        yield one
