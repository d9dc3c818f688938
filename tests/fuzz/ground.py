"""An empty platform for the targets whose parsers ask the database: the person index and the FHIR and HL7 v2 tables."""

from __future__ import annotations

import tempfile
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
