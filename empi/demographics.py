"""Persons by stated facts: the demographics query (IHE PDQ). What is asked must hold; likeness is the business of ``match``.

Tokens, year of birth and sex narrow the index to few persons; what they say decides. Everything runs under the caller's scope: a
person is found through identities the caller may see.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from empi.fitting import Holds, Search, Thing
from empi.identity import patient_key
from empi.keyed import Hasher, hasher
from empi.lookup import Found, found_person
from empi.matching.names import read_name
from empi.matching.text import is_han, squeeze
from empi.storing import Facts, Known, facts_of, members_of
from empi.tokens import number_text, number_token, phone_token
from health_platform.kernel.errors import Invalid, register_messages

register_messages({"empi.too_many": "符合条件的居民过多,请增加查询条件"})

MAX_CANDIDATES = 2_000
"""Persons whose facts one query opens at most; a query that narrows less is refused, since part of an answer would mislead."""

RESIDENT_ID = "id"


@dataclass(frozen=True)
class Wanted:
    """One alternative of a criterion: a text, from ``low`` to ``high`` for days.

    ``place`` says whose number it is: ``RESIDENT_ID``, an institution as the index names it, or "" for any credential.
    """

    text: str = ""
    place: str = ""
    low: str = ""
    high: str = ""


@dataclass(frozen=True)
class Criterion:
    """One thing asked of a person; it holds when one of its alternatives holds for one of the person's identities.

    Attributes:
        kind: name, family, given, mother, address (texts begin so), number, phone, sex (GB/T 2261.1) or birth.
        exact: the whole text as written, not its beginning in any spelling.
    """

    kind: str
    alternatives: tuple[Wanted, ...]
    exact: bool = False


def persons_with(session: Session, criteria: Sequence[Criterion]) -> list[Found]:
    """The persons for whom all criteria hold, by person id.

    Raises:
        Invalid: the criteria leave more than ``MAX_CANDIDATES`` persons to look at.
    """
    keyed = hasher(session)
    things = [one for criterion in criteria if (one := _narrowing(keyed, criterion)) is not None]
    narrowed = Search(session).fitting(things, MAX_CANDIDATES)
    if narrowed.more:
        raise Invalid("empi.too_many", at_most=MAX_CANDIDATES)
    persons = narrowed.persons
    said: dict[int, list[tuple[Known, Facts]]] = {}
    for row in members_of(session, persons).values():
        said.setdefault(row.person_id or 0, []).append((row, facts_of(session, row)))
    return [found_person(session, person) for person in persons if all(_holds(one, said[person]) for one in criteria)]


def _narrowing(keyed: Hasher, criterion: Criterion) -> Thing | None:
    """What every person that meets the criterion meets in the database; None when that says nothing."""
    narrow = _NARROW.get(criterion.kind)
    found = [narrow(keyed, one) for one in criterion.alternatives] if narrow else [()]
    return found if all(found) else None


def _narrow_name(keyed: Hasher, wanted: Wanted) -> tuple[Holds, ...]:
    letters = [letter for letter in dict.fromkeys(squeeze(wanted.text)) if is_han(letter)]
    return (Holds(tuple(keyed(f"han:{letter}") for letter in letters)),) if letters else ()


def _narrow_number(keyed: Hasher, wanted: Wanted) -> tuple[Holds, ...]:
    if wanted.place not in ("", RESIDENT_ID):
        key = patient_key(wanted.place, wanted.text)
        return (Holds(condition=lambda identity: identity.patient_key == key),)
    return (Holds((keyed(number_token(wanted.text)),)),)


def _narrow_sex(_: Hasher, wanted: Wanted) -> tuple[Holds, ...]:
    return (Holds(condition=lambda identity: identity.sex == wanted.text),) if wanted.text in ("1", "2") else ()


def _narrow_birth(_: Hasher, wanted: Wanted) -> tuple[Holds, ...]:
    years = int(wanted.low[:4]), int(wanted.high[:4])
    return (Holds(condition=lambda identity: identity.birth_year.between(*years)),)


_NARROW: dict[str, Callable[[Hasher, Wanted], tuple[Holds, ...]]] = {
    "name": _narrow_name,
    "family": _narrow_name,
    "given": _narrow_name,
    "number": _narrow_number,
    "phone": lambda keyed, wanted: (Holds((keyed(phone_token(wanted.text)),)),),
    "sex": _narrow_sex,
    "birth": _narrow_birth,
}
"""Of each kind what an alternative says that the database can look for; nothing where it cannot."""


def _holds(criterion: Criterion, said: Sequence[tuple[Known, Facts]]) -> bool:
    test = _TESTS[criterion.kind]
    return any(test(row, facts, wanted, criterion.exact) for row, facts in said for wanted in criterion.alternatives)


def _parts(name: str) -> tuple[list[str], list[str]]:
    """(family names, given names) a name may be made of: a Chinese surname has one character or two; else any of the words."""
    text = plain_name(name)
    if " " in text:
        words = text.split()
        return [*words, text], [*words, text]
    return [text], [text[1:], text[2:]]


def plain_name(name: str) -> str:
    """A name in the one spelling of all its spellings."""
    read = read_name(name)
    return (read.text or read.mother) if read else ""


def _begins(texts: Sequence[str], wanted: str) -> bool:
    return bool(wanted) and any(text.startswith(wanted) for text in texts)


def _name(_: Known, facts: Facts, wanted: Wanted, exact: bool) -> bool:
    if exact:
        return wanted.text in (facts.get("name", ""), *facts.get("name", "").split())
    family, given = _parts(facts.get("name", ""))
    return _begins([*family, *given], plain_name(wanted.text))


def _family(_: Known, facts: Facts, wanted: Wanted, exact: bool) -> bool:
    return _of_name(facts.get("name", ""), wanted, exact, given=False)


def _given(_: Known, facts: Facts, wanted: Wanted, exact: bool) -> bool:
    return _of_name(facts.get("name", ""), wanted, exact, given=True)


def _of_name(name: str, wanted: Wanted, exact: bool, *, given: bool) -> bool:
    """Whether part of a name is, or begins with, what is wanted; names are kept whole, so both cuts of a Chinese name count."""
    if not exact:
        return _begins(_parts(name)[given], plain_name(wanted.text))
    cuts = name.split() if " " in name else [name[1:], name[2:]] if given else [name[:1], name[:2]]
    return wanted.text in cuts


def _mother(_: Known, facts: Facts, wanted: Wanted, exact: bool) -> bool:
    stated = facts.get("mother_name", "")
    return stated == wanted.text if exact else _begins([plain_name(stated)], plain_name(wanted.text))


def _address(_: Known, facts: Facts, wanted: Wanted, exact: bool) -> bool:
    """An address is kept as one text, so that its parts begin anywhere in it."""
    stated = facts.get("address", "")
    return stated == wanted.text if exact else bool(wanted.text) and squeeze(wanted.text) in squeeze(stated)


def _number(row: Known, facts: Facts, wanted: Wanted, _: bool) -> bool:
    if wanted.place not in ("", RESIDENT_ID):
        return (row.institution, row.local_id) == (wanted.place, wanted.text)
    held = [facts.get("id_no", "")] if not wanted.place or facts.get("id_type", "") in ("01", "") else []
    if not wanted.place:
        held += [facts.get("card_no", ""), *(number for _, number in json.loads(facts.get("credentials", "[]")))]
    return number_text(wanted.text) in [number_text(number) for number in held if number]


def _birth(_: Known, facts: Facts, wanted: Wanted, __: bool) -> bool:
    day = facts.get("birth_date", "")
    return len(day) == 10 and wanted.low <= day <= wanted.high


_TESTS: dict[str, Callable[[Known, Facts, Wanted, bool], bool]] = {
    "name": _name,
    "family": _family,
    "given": _given,
    "mother": _mother,
    "address": _address,
    "number": _number,
    "phone": lambda _, facts, wanted, __: phone_token(facts.get("phone", "")) == phone_token(wanted.text),
    "sex": lambda _, facts, wanted, __: facts.get("gender", "") == wanted.text,
    "birth": _birth,
}
