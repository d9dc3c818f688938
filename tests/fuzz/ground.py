"""An empty platform for the targets whose parsers ask the database: the person index and the FHIR and HL7 v2 tables."""

from __future__ import annotations

import tempfile
import zlib
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from sqlalchemy.orm import Session

from health_platform.app import create_platform
from health_platform.kernel.scope import Scope
from health_platform.settings import Settings

OPEN = ExitStack()
"""Closed when the process ends."""


@cache
def session() -> Session:
    """The one session of this process, in the scope of a county, on a platform of its own that nobody has written to."""
    home = OPEN.enter_context(tempfile.TemporaryDirectory(prefix="hp-fuzz-"))
    platform = create_platform(Settings(home=Path(home), components="empi,etl,exchange"))
    OPEN.callback(platform.database.close)
    platform.database.create_all()
    return OPEN.enter_context(platform.database.unit_of_work(Scope(divisions=("411502",)), reading=True))


def one_in(often: int, data: bytes) -> bool:
    """Chosen by the input itself, so that an input does the same in every run: reading is tried more often than the database."""
    return zlib.crc32(data) % often == 0
