"""Courses of life: what happens to a resident in three years, and the rows each institution makes of it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from demonstration.city.chronic import chronic_care
from demonstration.city.hospital import admissions, births, death
from demonstration.city.identities import Registered
from demonstration.city.life import Life, World
from demonstration.city.people import Resident
from demonstration.city.public_health import childhood, elderly_examination, influenza_vaccine
from demonstration.city.rows import Row, stamp
from demonstration.city.visits import acute_visits, outbreak

CHAPTERS = (
    acute_visits,
    chronic_care,
    admissions,
    births,
    childhood,
    elderly_examination,
    influenza_vaccine,
    outbreak,
    death,
)


def life_of(resident: Resident, family: Mapping[int, Resident], world: World) -> Life:
    """A resident's life before anything has happened; the same for the same arguments."""
    return Life(resident, family, world, random.Random(f"course-{world.seed}-{resident.number}"))  # noqa: S311 - repeatable


def course(life: Life) -> Iterator[Row]:
    """All rows of one resident, institution by institution, in no particular order of time; her registrations first."""
    rows = [row for chapter in CHAPTERS for row in chapter(life)]
    for who, earliest in life.seen.values():
        yield Row("emr_patient_info", who.unit, earliest.date(), basics(who, life.resident, earliest))
    yield from rows


def basics(who: Registered, resident: Resident, moment: datetime) -> dict[str, Any]:
    """The row of basics of a registration."""
    fields = {
        "id": who.local_id,
        "patient_name": who.name,
        "id_card_type_code": who.id_type,
        "id_card": who.id_number,
        "gender_code": who.gender,
        "birth_date": who.birth_date,
        "nationality_code": "156",
        "nation_code": who.nation,
        "current_addr_code": resident.town,
        "current_addr_detail": who.address,
        "permanent_addr_code": resident.town,
        "permanent_addr_detail": who.address,
        "tel": who.phone,
        "nultitude_type_code": "19",
        "org_code": who.unit.code22 or who.unit.uscc,
        "org_name": who.unit.name,
        "operation_time": stamp(moment),
    }
    return {name: value for name, value in fields.items() if value}
