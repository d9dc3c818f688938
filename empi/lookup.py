"""Finding persons: by any credential, and by few and uncertain facts, narrowing step by step.

Every query runs under the caller's scope: a person is found through identities the caller may see, and counts count no others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from empi.fitting import Fitting, Holds, Search, Thing
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
    """One clue taken into account, and how many persons still fit: at least so many when ``more``."""

    clue: str
    label: str
    persons: int
    more: bool = False

    @property
    def too_many(self) -> bool:
        """Whether these persons are too many to be shown."""
        return self.more or self.persons > MAX_FOUND


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
    search, taken, steps, now = Search(session), dict[str, Thing](), list[Step](), Fitting((), more=True)
    for clue, label, holds in _things(session, clues):
        taken[clue] = [(holds,)]
        now = search.fitting(list(taken.values())) if now.more else search.still_fitting(now.persons, taken[clue])
        steps.append(Step(clue, label, len(now.persons), now.more))
    if not steps or steps[-1].too_many:
        return Narrowed(tuple(steps), ())
    return Narrowed(tuple(steps), tuple(found_person(session, person) for person in now.persons))


def _things(session: Session, clues: Clues) -> Iterable[tuple[str, str, Holds]]:
    """The clues one after the other; of a name each part adds to those before, as they stand in one record."""
    if clues.sex:
        yield "sex", "性别", Holds(condition=lambda identity: identity.sex == clues.sex)
    if clues.age is not None:
        born = clock.today().year - clues.age
        years = born - clues.age_span, born + clues.age_span
        yield "age", "年龄", Holds(condition=lambda identity: identity.birth_year.between(*years))
    keyed, parts = hasher(session), dict[str, tuple[int, ...]]()
    for clue, label, text in _texts(clues):
        parts[clue] = (*parts.get(clue, ()), keyed(text))
        yield clue, label, Holds(parts[clue])


def _texts(clues: Clues) -> Iterable[tuple[str, str, str]]:
    if clues.phone_tail:
        yield "phone_tail", "电话尾号", tail_token(clues.phone_tail)
    if clues.place:
        yield "place", "住址", place_token(clues.place)
    for text in name_part_tokens(clues.name):
        yield "name", f"姓名含“{text.split(':')[1]}”", text
    for text in pinyin_tokens(clues.pinyin):
        yield "pinyin", f"拼音“{text.split(':')[1]}”", text


def visible_persons(session: Session, persons: Iterable[int]) -> set[int]:
    """Those of the persons of whom the caller may see at least one identity."""
    found: set[int] = set()
    for some in chunks(persons):
        statement = select(IdentityRow.person_id).where(IdentityRow.person_id.in_(some)).distinct()
        found.update(person for person in session.scalars(statement) if person is not None)
    return found
