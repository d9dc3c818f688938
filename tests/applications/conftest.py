"""One region for the specification tests of the capabilities; every test brings people of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.clinic import Region
from tests.support.clinic import region as made


@pytest.fixture(scope="session")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    with made(tmp_path_factory.mktemp("region")) as one:
        yield one
