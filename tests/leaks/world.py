"""A small city of the demonstration in a throw-away platform: what callers may and may not see is all in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from demonstration.city.courses import course, life_of
from demonstration.city.life import World
from demonstration.city.people import families
from demonstration.setup import prepare
from etl.api import Sender, Upload, accept
from health_platform.app import application, create_platform
from health_platform.kernel import schema
from health_platform.kernel.jobs import Worker
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.settings import Settings
from tests.support.principals import PrincipalShelf

LAST = date(2026, 11, 20)


@dataclass
class City:
    """A loaded platform, its web application and the shelf of test callers."""

    platform: Platform
    app: object
    shelf: PrincipalShelf


def build(home: Path, size: int = 60, extend: Callable[[Platform], None] | None = None) -> City:
    """Set up a platform and load a city of ``size`` residents through the pipeline."""
    platform = create_platform(Settings(home=home, demonstration=True))
    shelf = PrincipalShelf()
    platform.authenticator(shelf, first=True)
    if extend:
        extend(platform)
    schema.upgrade(platform)
    with platform.database.unit_of_work(system_scope("test")) as session:
        placed, _, towns = prepare(session, platform, LAST)
    units = tuple(one.unit for one in placed)
    world = World(3, LAST - timedelta(days=400), LAST, units, towns[3].code, LAST - timedelta(days=30))
    rows: dict[tuple[str, str], list[dict[str, object]]] = {}
    for members in families(3, size, towns, LAST):
        family = {one.number: one for one in members}
        for resident in members:
            for row in course(life_of(resident, family, world)):
                rows.setdefault((row.unit.key, row.dataset), []).append(row.fields)
    by_key = {one.unit.key: one for one in placed}
    ordered = sorted(rows.items(), key=lambda item: (item[0][1] != "emr_patient_info", item[0]))
    with platform.database.unit_of_work(system_scope("test")) as session:
        for (key, dataset), found in ordered:
            one = by_key[key]
            content = "\n".join(json.dumps(row, ensure_ascii=False) for row in found).encode()
            accept(
                session, Upload(Sender(one.institution_id, one.unit.division), dataset, f"m-{key}-{dataset}", content, "ndjson")
            )
    Worker(platform).drain()
    return City(platform, application(platform), shelf)
