"""Finding the person whose record is to be opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from browser_ui.people import PersonCard
from empi.api import Clues, Found, Step, by_credential, narrow, value_of
from health_platform.kernel.http import Schema


class FindIn(Schema):
    """Any number, or facts that narrow down."""

    number = fields.String(load_default="", validate=validate.Length(max=40))
    name = fields.String(load_default="", validate=validate.Length(max=40))
    sex = fields.String(load_default="", validate=validate.OneOf(["1", "2"]))
    age = fields.Integer(load_default=None, validate=validate.Range(min=0, max=130))
    place = fields.String(load_default="", validate=validate.Length(max=40))


@dataclass(frozen=True)
class FoundPerson:
    """One line of the list; numbers are masked."""

    person_id: int
    name: str
    sex: str
    birth: date | None
    number: str
    address: str


@dataclass(frozen=True)
class Result:
    """Who fits, and how many fitted after each fact."""

    people: tuple[FoundPerson, ...]
    steps: tuple[Step, ...] = ()


def found_people(session: Session, query: dict[str, Any]) -> Result:
    """Persons of the caller's scope; nothing when nothing was asked."""
    if query["number"]:
        return Result(tuple(_line(found) for found in _by_number(session, query["number"])))
    clues = Clues(age=query["age"], sex=query["sex"], name=query["name"], place=query["place"])
    if clues == Clues():
        return Result(())
    narrowed = narrow(session, clues)
    return Result(tuple(_line(found) for found in narrowed.found), narrowed.steps)


def _by_number(session: Session, number: str) -> list[Found]:
    """Persons by identity, card or phone number, each once."""
    found = [*by_credential(session, "any", number), *by_credential(session, "phone", number)]
    return list({one.person_id: one for one in found}.values())


def _line(found: Found) -> FoundPerson:
    names = ("name", "gender", "birth_date", "id_no", "address")
    card = PersonCard(found.person_id, {name: value_of(found.golden, name) for name in names})
    return FoundPerson(card.person_id, card.name, card.sex, card.birth, card.masked("id_no"), card.masked("address"))
