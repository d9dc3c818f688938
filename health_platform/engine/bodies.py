"""From request bodies to the values the verbs take."""

from __future__ import annotations

from datetime import date
from typing import Any

from health_platform.engine.desk import Desk
from health_platform.engine.filling import Subject
from health_platform.engine.members import Newcomer, Place, own_place
from health_platform.engine.ports import PersonCard
from health_platform.engine.submitting import Sheet
from health_platform.kernel import clock
from health_platform.kernel.errors import Invalid, NotFound


def sheet_of(body: dict[str, Any]) -> Sheet:
    """A form as sent."""
    return Sheet(written(body), body["day"] or clock.today(), body["confirmed"], body.get("reason", ""))


def written(body: dict[str, Any]) -> dict[str, Any]:
    """The answers somebody gave; blank ones are left out."""
    return {code: value for code, value in body["answers"].items() if value not in (None, "", [])}


def person_of(desk: Desk, facts: dict[str, Any]) -> PersonCard:
    """The person meant: one the index shows the caller, or one to be made known to it.

    Raises:
        NotFound: the caller may not see this person. Invalid: too little to know anybody by.
    """
    if facts.get("person_id"):
        card = desk.persons.card(desk.session, facts["person_id"])
        if card is None:
            raise NotFound("engine.person")
        return card
    missing = [name for name in ("name", "id_no") if not facts.get(name)]
    if missing:
        labels = {"name": "姓名", "id_no": "身份证号"}
        findings = [{"field": f"person.{name}", "problem": f"{labels[name]}：必填"} for name in missing]
        raise Invalid("engine.answers", count=len(findings), findings=findings)
    known = {key: value for key, value in facts.items() if key != "person_id" and value is not None}
    return desk.persons.admit(desk.session, desk.principal, PersonCard(None, **known))


def person_subject(desk: Desk, facts: dict[str, Any]) -> Subject:
    """What is known so far of somebody whose entry form is being filled in; the identity number tells birth and sex."""
    division = desk.principal.division_code
    if facts.get("person_id") and (card := desk.persons.card(desk.session, facts["person_id"])):
        return Subject(card.birth_date, card.sex, division)
    number = facts.get("id_no", "")
    birth, sex = facts.get("birth_date"), facts.get("sex", "")
    if len(number) == 18 and number[:17].isdecimal():
        sex = "1" if int(number[16]) % 2 else "2"
        birth = _day(number[6:14]) or birth
    return Subject(birth, sex, division)


def _day(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def newcomer_of(desk: Desk, body: dict[str, Any], card: PersonCard | None) -> Newcomer:
    """Somebody to be enrolled, as sent."""
    place = own_place(desk, body["institution_id"])
    if body["team"]:
        place = Place(place.institution_id, place.division_code, body["team"], place.worker, place.worker_name)
    return Newcomer(written(body), body["day"] or clock.today(), card, place, body["confirmed"])
