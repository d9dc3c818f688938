"""Preparing an empty platform: schema, reference data, institutions with their systems, accounts of every role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from demonstration.city.institutions import CITY, COUNTIES, TOUR_COUNTY, Unit, units
from demonstration.city.people import Resident, Town, id_number
from demonstration.sending.http import Credentials
from exchange.api import Hl7Sender
from health_platform.access.api import (
    ROLES,
    NewAccount,
    NewClient,
    cell_of,
    change_policy,
    create_client,
    ensure_first_administrators,
    generated_password,
    grant_by_platform,
    open_account,
)
from health_platform.access.api import Unit as AccessUnit
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import SYSTEM
from registry.api import (
    DivisionFilter,
    InstitutionDraft,
    Level,
    StaffDraft,
    list_divisions,
    load_divisions,
    register_institution,
    register_staff,
    resolve_institution,
    seed,
)

_CATEGORIES = {"hospital": "A100", "mch": "G", "cdc": "J", "township": "C", "clinic": "D"}
_GRADES = {"三级甲等": "3A", "三级乙等": "3B", "三级": "3", "二级甲等": "2A", "一级": "1", "未定级": "9"}


@dataclass(frozen=True)
class Placed:
    """A unit as the platform knows it, with the credentials of its system."""

    unit: Unit
    institution_id: int
    credentials: Credentials


@dataclass(frozen=True)
class Account:
    """An account to try, shown at the end of the demonstration."""

    role: str
    login: str
    password: str
    what: str


def towns(session: Session) -> list[Town]:
    """The towns of the ten counties as the registry has them."""
    names = dict(COUNTIES)
    found = [
        one for one in list_divisions(session, DivisionFilter(level=Level.TOWN)) if one.code[:6] in names and one.code.isdigit()
    ]
    return [Town(one.code[:6], names[one.code[:6]], one.code[:9], one.name) for one in found]


def prepare(session: Session, platform: Platform, today: date) -> tuple[list[Placed], list[Account], list[Town]]:
    """Reference data, institutions, systems and accounts. The accounts share one password, generated for this city."""
    first = ensure_first_administrators(session, platform)
    change_policy(session, {"second_factor_for_admins": 0})  # a visitor has no authenticator at hand
    seed(session)
    session.flush()
    places = towns(session)
    load_divisions(session, [{"code": f"{one.code}201", "name": "大塘村"} for one in places])
    placed: list[Placed] = []
    for unit in units(places):
        placed.append(_place(session, unit, today, placed))
    accounts = [Account(one.role, one.login_name, one.password, f"{one.real_name}(首次登录须改密码)") for one in first]
    for place, one in enumerate(placed):
        _employ(session, one, place, today)
    return placed, accounts + _accounts(session, placed, generated_password()), places


def _place(session: Session, unit: Unit, today: date, before: Sequence[Placed]) -> Placed:
    row = resolve_institution(session, unit.uscc)
    if row is None:
        draft = InstitutionDraft(
            unit.name,
            _CATEGORIES[unit.kind],
            unit.division,
            date(today.year - 10, 1, 1),
            code=unit.uscc,
            grade=_GRADES.get(unit.level),
            ownership="11",
            profit="1",
            short_name=unit.name,
            parent_id=_township_of(unit, before),
        )
        row = register_institution(session, SYSTEM, draft)
    session.flush()
    system, secret = create_client(
        session, NewClient(f"his-{unit.key}", f"{unit.name}业务系统", unit.division, _unit(unit, row.id), with_secret=True), 0
    )
    role = next(role for role in ROLES if role.code == "unit_system")
    grant_by_platform(session, system.id, role, cell_of(role, unit.division, _unit(unit, row.id)))
    if unit.way == "hl7":
        session.add(
            Hl7Sender(
                facility=unit.key.upper(),
                institution_id=row.id,
                authority=unit.key.upper(),
                division_code=unit.division,
                active=True,
            )
        )
    session.flush()
    return Placed(replace(unit, code22=row.code22 or ""), row.id, Credentials(system.code, secret or ""))


def _township_of(unit: Unit, before: Sequence[Placed]) -> int | None:
    """A village clinic is run by the township hospital of its county."""
    if unit.kind != "clinic":
        return None
    return next(one.institution_id for one in before if one.unit.kind == "township" and one.unit.county == unit.county)


def _unit(unit: Unit, institution_id: int) -> AccessUnit:
    return AccessUnit(institution_id, unit.name, unit.division)


# role, login, name, what there is to see, and where: a county, a kind of unit of Gushi, or the city
_POSTS = (
    ("commission_administrator", "city", "王卫民", "市卫健委管理员:开通县区、机构,看排名", None),
    ("quality_officer", "quality", "李质", "市数据质量专员:监测、规则、排名", None),
    ("data_steward", "steward", "赵索引", "主索引管理员:处理疑似重复", None),
    ("commission_administrator", "county", "周固始", "固始县管理员:本县机构、人员、数据", TOUR_COUNTY),
    ("auditor", "auditor", "孙审计", "审计员:谁在何时看了谁", None),
    ("unit_administrator", "unit", "吴院办", "单位管理员:开通本院职工账号", "hospital"),
    ("physician", "doctor", "陈医生", "医师:调阅居民健康档案", "hospital"),
    ("nurse", "nurse", "何护士", "护士:调阅就诊居民的记录", "hospital"),
    ("public_health_doctor", "publichealth", "郑公卫", "公共卫生医师:随访与档案", "township"),
    ("village_doctor", "village", "冯村医", "乡村医生", "clinic"),
)


_NOT_OPENED = ("unit_system", "resident")  # the systems of the institutions; a resident's account is opened when he is known


def _further_posts() -> list[tuple[str, str, str, str, str | None]]:
    """The roles of ``ROLES`` nobody above holds: each has an account at the city, named like the role."""
    held = {post[0] for post in _POSTS} | {role.code for role in ROLES if role.post} | set(_NOT_OPENED)
    return [(role.code, role.code, role.name, role.note or role.name, None) for role in ROLES if role.code not in held]


def _accounts(session: Session, placed: Sequence[Placed], password: str) -> list[Account]:
    made = []
    for number, (role, login, name, what, where) in enumerate((*_POSTS, *_further_posts())):
        home = _home(placed, where)
        division = f"{where}000000" if where and where.isdigit() else CITY + "000000"
        account = NewAccount(
            login,
            name,
            id_number("411502", date(1980, 1, 1 + number), 100 + number),
            role,
            home.unit.division if home else division,
            _unit(home.unit, home.institution_id) if home else None,
        )
        open_account(session, account, password=password)
        made.append(Account(role, login, password, what))
    return made


_STAFF_NAMES = ("王医生", "李医生", "张医生", "刘医生", "陈医生", "杨医生")


def _employ(session: Session, one: Placed, place: int, today: date) -> None:
    """Six physicians of an institution, by whose names its records are signed."""
    for number, name in enumerate(_STAFF_NAMES):
        born = date(1975 + number, 1 + place % 12, 1 + place % 28)
        draft = StaffDraft(
            name,
            id_number(one.unit.division[:6], born, 100 + place),
            "physician",
            date(today.year - 5, 3, 1),
            licence_no=f"1104115{place:04d}{number:04d}",
        )
        register_staff(session, SYSTEM, one.institution_id, draft)


def _home(placed: Sequence[Placed], where: str | None) -> Placed | None:
    """The unit of a post: one of Gushi county of that kind, else any."""
    if where is None or where.isdigit():
        return None
    fitting = [one for one in placed if one.unit.kind == where and one.unit.county]
    return next((one for one in fitting if one.unit.county == TOUR_COUNTY), fitting[0])


def resident_account(session: Session, resident: Resident, person_id: int, password: str) -> Account:
    """An account for one resident who has a rich record."""
    account = NewAccount(
        "resident",
        resident.name,
        resident.id_number,
        "resident",
        resident.town.ljust(12, "0"),
        phone=resident.phone,
        resident_ref=person_id,
    )
    open_account(session, account, password=password)
    return Account("resident", "resident", password, f"居民 {resident.name}:在手机上看自己的档案")
