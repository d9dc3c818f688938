"""Where a patient lives, as far as the platform knows, and which primary-care institution serves there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from health_platform.engine.api import Desk, Enrolment, PersonCard, Place, Register
from health_platform.kernel import clock
from health_platform.kernel.db import widened
from health_platform.kernel.errors import NotFound
from health_platform.records.filing.api import file_of
from registry.api import Institution, InstitutionFilter, divisions_of_year, list_institutions

_PRIMARY = ("B", "C")  # WS 218: community health centres and stations, township hospitals
_TOWNSHIP, _VILLAGE = 9, 12


@dataclass(frozen=True)
class Home:
    """Where a proposal goes. ``how`` says why when it is not where the health file is kept."""

    place: Place
    how: str = ""


def register_of(desk: Desk, code: str) -> Register | None:
    """A register of the platform; None where a deployment leaves its application out."""
    try:
        return desk.catalogue.register(code)
    except NotFound:
        return None


def home_of(desk: Desk, card: PersonCard, reporter: tuple[int, str]) -> Home:
    """By the health file, else by another register that manages the person, else by the address, else the reporter.

    What is at the reporter is said to be unclear, so that somebody moves it: a proposal is never lost for want of an address.
    """
    if place := _by_file(desk, card.person_id) or _by_register(desk, card.person_id):
        return Home(place)
    if place := by_address(desk, card.address):
        return Home(place, f"按住址“{card.address}”判断")
    return Home(Place(*reporter), "居住地不明，请核实后移交")


def _by_file(desk: Desk, person_id: int | None) -> Place | None:
    if person_id is None:
        return None
    with widened(desk.session, "health file of a patient"):
        file = file_of(desk.session, person_id)
        if file is None or file.institution_id is None or file.state not in ("open", "archived"):
            return None
        return Place(file.institution_id, file.division_code or "")


def _by_register(desk: Desk, person_id: int | None) -> Place | None:
    """Where the person is managed already, newest first."""
    query = select(Enrolment).where(
        Enrolment.person_id == person_id, Enrolment.state == "active", Enrolment.institution_id.is_not(None)
    )
    with widened(desk.session, "registers of a patient") as session:
        row = session.scalar(query.order_by(Enrolment.enrolled_on.desc()).limit(1))
        return None if row is None else Place(row.institution_id or 0, row.division_code or "", team=row.team or "")


def by_address(desk: Desk, address: str) -> Place | None:
    """The institution that serves the township or village an address names; None when it names none, or several."""
    division = division_in(address, {code: one.name for code, one in divisions_of_year(desk.session, clock.today().year).items()})
    if division is None:
        return None
    with widened(desk.session, "institutions of a township"):
        under = division[:_TOWNSHIP].ljust(12, "0")
        units = list_institutions(desk.session, InstitutionFilter(under=under, size=200)).rows
        return _serving(units, division)


def division_in(address: str, names: Mapping[str, str]) -> str | None:
    """The deepest division from township down whose name, and that of its county, stand in an address.

    ``names`` maps 12-digit codes to names. Two townships of the same name in one address are none.
    """
    found = [
        code for code, name in names.items()
        if not code.endswith("000000") and name and name in address and names.get(code[:6].ljust(12, "0"), "\x00") in address
    ]  # fmt: skip
    townships = {code[:_TOWNSHIP] for code in found if code[_TOWNSHIP:] == "000"}
    inside = [code for code in found if code[:_TOWNSHIP] in townships] if townships else found
    if len({code[:_TOWNSHIP] for code in inside}) != 1:
        return None
    villages = [code for code in inside if code[_TOWNSHIP:] != "000"]
    return villages[0] if len(villages) == 1 else inside[0][:_TOWNSHIP].ljust(_VILLAGE, "0")


def _serving(units: Sequence[Institution], division: str) -> Place | None:
    """A community health centre or township hospital of the township; without one, the clinic of the village."""
    primary = sorted(
        (unit for unit in units if unit.category[:1] in _PRIMARY), key=lambda unit: (unit.division_code or "", unit.id)
    )
    village = [unit for unit in units if unit.division_code == division]
    chosen = next(iter([*primary, *village]), None)
    return Place(chosen.id, chosen.division_code or division) if chosen else None
