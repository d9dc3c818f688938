"""The person index, the divisions and the code systems as the engine asks for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy.orm import Session

from empi.api import RawIdentity, by_credential, golden_of_visible, in_use, register, value_of
from health_platform.engine.api import PersonCard
from health_platform.kernel import clock
from health_platform.kernel.errors import Invalid
from health_platform.kernel.scope import Principal
from registry.api import carried_divisions, code_terms, divisions_of_year, identity_number_holds


class Persons:
    """``PersonDirectory``: cards of the person index."""

    def card(self, session: Session, person_id: int) -> PersonCard | None:
        """A person the caller may see."""
        current = in_use(session, person_id)
        golden = golden_of_visible(session, current)
        return card_of(current, golden) if golden else None

    def by_number(self, session: Session, id_no: str) -> list[PersonCard]:
        """Persons the caller may see who hold this identity number."""
        return [card_of(one.person_id, one.golden) for one in by_credential(session, "id", id_no.strip())]

    def admit(self, session: Session, principal: Principal, card: PersonCard) -> PersonCard:
        """Register somebody with the index as an identity of the caller's institution, numbered by the identity number.

        Raises:
            Invalid: the identity number fails its check digit, or contradicts sex or birth date.
        """
        stated = completed(card)
        raw = RawIdentity(
            institution=str(principal.institution_id or 0),
            local_id=f"PH-{stated.id_no}",
            source_time=clock.now().isoformat(),
            name=stated.name,
            gender=stated.sex,
            birth_date=stated.birth_date.isoformat() if stated.birth_date else "",
            id_type="01",
            id_no=stated.id_no,
            phone=stated.phone,
            address=stated.address,
            division_code=principal.division_code,
            institution_id=principal.institution_id,
        )
        (done,) = register(session, [raw])
        return PersonCard(done.person_id, stated.name, stated.sex, stated.birth_date, stated.id_no, stated.phone, stated.address)


def completed(card: PersonCard) -> PersonCard:
    """The card with what its identity number says of sex and birth date (GB 11643)."""
    number = card.id_no.strip().upper()
    if not identity_number_holds(number, clock.today()):
        _refuse("id_no", "身份证号：校验不通过，请核对")
    birth = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    sex = "1" if int(number[16]) % 2 else "2"
    if card.birth_date not in (None, birth):
        _refuse("birth_date", f"出生日期：与身份证号（{birth}）不符")
    if card.sex in ("1", "2") and card.sex != sex:
        _refuse("sex", "性别：与身份证号不符")
    return PersonCard(None, card.name.strip(), sex, birth, number, card.phone, card.address, card.division_code)


def _refuse(field: str, problem: str) -> None:
    raise Invalid("engine.answers", count=1, findings=[{"field": f"person.{field}", "problem": problem}])


def card_of(person_id: int, golden: Mapping[str, object]) -> PersonCard:
    """A golden record as a card."""
    facts = {name: value_of(golden, name) for name in ("name", "gender", "birth_date", "id_no", "phone", "address")}
    return PersonCard(
        person_id, facts["name"], facts["gender"], _day(facts["birth_date"]), facts["id_no"], facts["phone"], facts["address"]
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


class RegistryAreas:
    """``Areas``: divisions of a year."""

    def names(self, session: Session, codes: Sequence[str], year: int) -> dict[str, str]:
        """12-digit code → name in the version of the year."""
        atlas = divisions_of_year(session, year)
        return {code: atlas[code].name for code in codes if code in atlas}

    def carried(self, session: Session, codes: Sequence[str], year: int) -> Mapping[str, str]:
        """Recorded code → its code in the version of the year.

        Codes are recorded as they are at the time, so a code the year does not have was made or ended by a later or
        earlier change: its heir is looked for in the neighbouring years.
        """
        atlas = divisions_of_year(session, year)
        found = {code: code for code in codes if code in atlas}
        missing = [code for code in codes if code not in found]
        for other in (year - 1, year - 2, year - 3) if missing else ():
            heirs = carried_divisions(session, other, year)
            found |= {code: heirs[code] for code in missing if code in heirs and code not in found}
        return found


class RegistryCodes:
    """``CodeNames``: names from the code systems in force."""

    def names(self, session: Session, system: str, codes: Sequence[str]) -> dict[str, str]:
        """Code → Chinese name, for those in the code system."""
        wanted = set(codes)
        return {term.code: term.name for term in code_terms(session, system) if term.code in wanted}
