"""From request bodies to the values the verbs take."""

from __future__ import annotations

from typing import Any

from health_platform.engine.desk import Desk
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


def newcomer_of(desk: Desk, body: dict[str, Any], card: PersonCard | None) -> Newcomer:
    """Somebody to be enrolled, as sent."""
    place = own_place(desk, body["institution_id"])
    if body["team"]:
        place = Place(place.institution_id, place.division_code, body["team"], place.worker, place.worker_name)
    return Newcomer(written(body), body["day"] or clock.today(), card, place, body["confirmed"])
