"""Finding persons: by any credential, and by few and uncertain facts, narrowing step by step.

Every query runs under the caller's scope: a person is found through identities the caller may see, and counts count no others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from empi.goldening import golden_of_visible
from empi.identity import patient_key
from empi.keyed import hasher
from empi.models import IdentityRow, TokenRow
from empi.querying import chunks
from empi.storing import facts_of, known
from empi.tokens import (
    name_part_tokens,
    number_text,
    number_token,
    phone_token,
    pinyin_tokens,
    place_token,
    tail_token,
)
from empi.wide import whole_index
from health_platform.kernel import clock
from registry.api import resolve_institution

MAX_FOUND = 50

CREDENTIAL_KINDS: dict[str, str] = {
    "id": "居民身份证",
    "passport": "护照等其他证件",
    "health_card": "健康卡",
    "social_card": "社会保障卡",
    "insurance": "医疗保险号",
    "card": "就诊卡",
    "phone": "电话号码",
    "any": "任意证件",
}

# Which stored columns a kind of credential stands in; what is in ``credentials`` names its kind itself.
_ID_TYPES = {"id": ("01", ""), "passport": ("02", "03", "04", "05", "06", "07", "08", "99")}
_CARD_TYPES = {"health_card": ("EHC",), "social_card": ("SSC",), "insurance": ("INS",), "card": ()}


@dataclass(frozen=True)
class Found:
    """A person found: its golden record, how many identities stand behind it, and the identities that matched."""

    person_id: int
    golden: dict[str, Any]
    identities: int
    matched: tuple[int, ...] = ()


@dataclass(frozen=True)
class Clues:
    """What is known of somebody who cannot be asked. Every clue is optional.

    Attributes:
        age: years, within ``age_span`` either way.
        sex: 1 male, 2 female.
        name: characters of the name, in any order.
        pinyin: toneless syllables apart by spaces, or initials as one word.
        place: county, town, village, street or estate.
        phone_tail: the last four digits.
    """

    age: int | None = None
    age_span: int = 5
    sex: str = ""
    name: str = ""
    pinyin: str = ""
    place: str = ""
    phone_tail: str = ""


@dataclass(frozen=True)
class Step:
    """One clue taken into account, and how many persons still fit."""

    clue: str
    label: str
    persons: int


@dataclass(frozen=True)
class Narrowed:
    """Candidates left after all clues, with the count after each; ``found`` is empty while there are too many."""

    steps: tuple[Step, ...]
    found: tuple[Found, ...]


def by_credential(session: Session, kind: str, number: str) -> list[Found]:
    """Persons holding this credential. More than one means the number is shared or borrowed: the caller must look."""
    text = phone_token(number) if kind == "phone" else number_token(number)
    keys = session.scalars(
        select(IdentityRow.patient_key)
        .join(TokenRow, TokenRow.patient_key == IdentityRow.patient_key)
        .where(TokenRow.token == hasher(session)(text))
        .order_by(IdentityRow.patient_key)
        .limit(MAX_FOUND * 10)
    )
    return _persons(session, [key for key in keys if kind in ("phone", "any") or _holds(session, key, kind, number)])


def by_local_id(session: Session, institution: str, local_id: str) -> Found | None:
    """The person of an institution's own patient number."""
    found = _persons(session, [patient_key(institution, local_id)])
    return found[0] if found else None


def institution_named(session: Session, text: str) -> str:
    """How the index names the institution of a code (credit code, 22-character code, registration number): its registry id.

    Text that is no code of an institution, such as the id itself, is returned as it is.
    """
    found = resolve_institution(session, text.strip())
    return str(found.id) if found else text.strip()


def _holds(session: Session, key: int, kind: str, number: str) -> bool:
    """Whether the identity really carries this number as a credential of this kind."""
    facts = facts_of(session, known(session, [key])[key])
    wanted = number_text(number)
    if kind in _ID_TYPES and number_text(facts.get("id_no", "")) == wanted:
        return facts.get("id_type", "") in _ID_TYPES[kind]
    if kind in _CARD_TYPES and number_text(facts.get("card_no", "")) == wanted:
        return not _CARD_TYPES[kind] or facts.get("card_type", "") in _CARD_TYPES[kind]
    listed = json.loads(facts.get("credentials", "[]"))
    return any(one == kind and number_text(other) == wanted for one, other in listed)


def _persons(session: Session, keys: Sequence[int]) -> list[Found]:
    rows = known(session, keys)
    matched: dict[int, list[int]] = {}
    for key, row in rows.items():
        if row.person_id is not None:
            matched.setdefault(row.person_id, []).append(key)
    return [found_person(session, person, tuple(of_person)) for person, of_person in sorted(matched.items())[:MAX_FOUND]]


def found_person(session: Session, person: int, matched: tuple[int, ...] = ()) -> Found:
    """The card of a person already known to be visible; its golden record may come from elsewhere."""
    golden = golden_of_visible(session, person)
    with whole_index(session, "count identities of a visible person"):
        count = select(func.count()).select_from(IdentityRow).where(IdentityRow.person_id == person)
        return Found(person, golden, int(session.scalar(count) or 0), matched)


def narrow(session: Session, clues: Clues) -> Narrowed:
    """Narrow the persons the caller may see, clue by clue, in the order from the surest to the vaguest."""
    conditions: list[ColumnElement[bool]] = []
    steps: list[Step] = []
    for clue, label, condition in _conditions(session, clues):
        conditions.append(condition)
        steps.append(Step(clue, label, _count(session, conditions)))
    if not steps or not 0 < steps[-1].persons <= MAX_FOUND:
        return Narrowed(tuple(steps), ())
    persons = session.scalars(
        select(IdentityRow.person_id).where(*conditions).distinct().order_by(IdentityRow.person_id).limit(MAX_FOUND)
    )
    return Narrowed(tuple(steps), tuple(found_person(session, person) for person in persons if person is not None))


def _conditions(session: Session, clues: Clues) -> Iterable[tuple[str, str, ColumnElement[bool]]]:
    keyed = hasher(session)
    if clues.sex:
        yield "sex", "性别", has(IdentityRow.sex == clues.sex)
    if clues.age is not None:
        born = clock.today().year - clues.age
        yield "age", "年龄", has(IdentityRow.birth_year.between(born - clues.age_span, born + clues.age_span))
    for text in [tail_token(clues.phone_tail)] if clues.phone_tail else []:
        yield "phone_tail", "电话尾号", carries(keyed(text))
    for text in [place_token(clues.place)] if clues.place else []:
        yield "place", "住址", carries(keyed(text))
    for text in name_part_tokens(clues.name):
        yield "name", f"姓名含“{text.split(':')[1]}”", carries(keyed(text))
    for text in pinyin_tokens(clues.pinyin):
        yield "pinyin", f"拼音“{text.split(':')[1]}”", carries(keyed(text))


def has(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Persons one of whose identities meets the condition; the clues may come from different identities."""
    return IdentityRow.person_id.in_(select(IdentityRow.person_id).where(condition))


def carries(token: int) -> ColumnElement[bool]:
    """Persons one of whose identities carries the search token."""
    holders = select(IdentityRow.person_id).join(TokenRow, TokenRow.patient_key == IdentityRow.patient_key)
    return IdentityRow.person_id.in_(holders.where(TokenRow.token == token))


def _count(session: Session, conditions: Sequence[ColumnElement[bool]]) -> int:
    return int(session.scalar(select(func.count(IdentityRow.person_id.distinct())).where(*conditions)) or 0)


def visible_persons(session: Session, persons: Iterable[int]) -> set[int]:
    """Those of the persons of whom the caller may see at least one identity."""
    found: set[int] = set()
    for some in chunks(persons):
        statement = select(IdentityRow.person_id).where(IdentityRow.person_id.in_(some)).distinct()
        found.update(person for person in session.scalars(statement) if person is not None)
    return found
