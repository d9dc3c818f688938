"""The 17-digit number of a health file: county (6), township (3), village (3), serial within the village (5)."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from health_platform.kernel.errors import Conflict, Invalid
from health_platform.records.filing.definitions import NEIGHBOURHOODS, OTHERS, STATISTICAL_VILLAGES, VILLAGES
from health_platform.records.filing.models import FilePlace

LARGEST_SERIAL = 99_999


def take_number(session: Session, division_code: str) -> str:
    """The next number of a village. Numbers are never given twice; the row of the village is locked until the commit.

    Raises:
        Invalid: not a village's code. Conflict: the village's serials, or the township's village numbers, are used up.
    """
    place = place_of(session, division_code)
    session.execute(update(FilePlace).where(FilePlace.id == place.id).values(serial=FilePlace.serial + 1))
    session.refresh(place)
    if place.serial > LARGEST_SERIAL:
        raise Conflict("file.serial", division_code=division_code)
    return f"{place.prefix}{place.serial:05d}"


def place_of(session: Session, division_code: str) -> FilePlace:
    """The village's part of the number; proposed from its statistical code at first use.

    Raises:
        Invalid: not a village's code. Conflict: no village number is left in the township.
    """
    if len(division_code) != 12 or not division_code.isdecimal() or division_code.endswith("000"):
        raise Invalid("file.division", division_code=division_code)
    if found := _known(session, division_code):
        return found
    township = division_code[:9]
    taken = session.scalars(select(FilePlace.prefix).where(FilePlace.prefix.like(f"{township}%"))).all()
    number = proposed(int(division_code[9:]), {int(prefix[9:]) for prefix in taken})
    try:
        with session.begin_nested():
            session.add(FilePlace(division_code=division_code, prefix=f"{township}{number:03d}", serial=0))
    except IntegrityError:  # another transaction opened the village's first file
        pass
    made = _known(session, division_code)
    if made is None:
        raise Conflict("request.conflict", division_code=division_code)
    return made


def set_village_number(session: Session, division_code: str, number: int) -> FilePlace:
    """Say which three digits a village has from now on; numbers given before stay as they are.

    Raises:
        Conflict: another village of the township has it.
    """
    place = place_of(session, division_code)
    prefix = f"{division_code[:9]}{number:03d}"
    other = session.scalar(select(FilePlace).where(FilePlace.prefix == prefix, FilePlace.id != place.id))
    if other is not None:
        raise Conflict("file.village_taken", number=f"{number:03d}")
    place.prefix = prefix
    return place


def proposed(statistical: int, taken: Collection[int]) -> int:
    """The village number proposed for the last three digits of a statistical code, among those not taken.

    Raises:
        Conflict: none is left.
    """
    derived = statistical - 100 if statistical in STATISTICAL_VILLAGES else statistical
    fitting = derived in NEIGHBOURHOODS or derived in VILLAGES
    if fitting and derived not in taken:
        return derived
    free = next((number for number in OTHERS if number not in taken), None)
    if free is None:
        raise Conflict("file.village")
    return free


def _known(session: Session, division_code: str) -> FilePlace | None:
    found: FilePlace | None = session.scalar(select(FilePlace).where(FilePlace.division_code == division_code))
    return found
