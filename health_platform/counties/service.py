"""Opening a county: its name, logo and menus, and the administrator who opens accounts for its institutions.

The county's people are ordinary accounts whose jurisdiction is the county's division, so every list, count, export and
suggestion is narrowed by the same scope as everywhere else; nothing here decides who sees which data.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.access.api import NewAccount, open_account
from health_platform.counties.models import CountySite
from health_platform.kernel import clock
from health_platform.kernel.errors import Conflict, Denied, Invalid, NotFound, register_messages
from health_platform.kernel.scope import Principal

ADMINISTRATOR = "commission_administrator"
LARGEST_LOGO = 20_000
_IMAGES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}

register_messages(
    {
        "county.city_only": "县区平台由市级开通和修改",
        "county.division": "须为县级行政区划的 12 位代码",
        "county.feature": "{county}未开通“{feature}”功能",
        "county.opened": "该县区已开通",
        "county.logo": "标识须为不超过 20 KB 的 PNG 或 JPEG 图片",
    }
)


@dataclass(frozen=True)
class Administrator:
    """The first administrator of a county."""

    login_name: str
    real_name: str
    id_no: str
    phone: str | None = None


@dataclass(frozen=True)
class NewCounty:
    """What the one form asks for. ``menus`` are keys of menu entries; empty means all."""

    division_code: str
    name: str
    administrator: Administrator
    logo: bytes = b""
    menus: tuple[str, ...] = ()


def open_county(session: Session, principal: Principal, new: NewCounty) -> tuple[CountySite, str]:
    """Open a county and its administrator's account; returns the first password, which is told once.

    Raises:
        Invalid: not a county's code, or not a small PNG or JPEG. NotFound: outside the caller's jurisdiction.
        Denied: the caller rules the county only. Conflict: opened before, or the account's name or identity number is taken.
    """
    _check_division(principal, new.division_code)
    if session.scalar(select(CountySite.id).where(CountySite.division_code == new.division_code)):
        raise Conflict("county.opened", division_code=new.division_code)
    logo, who = data_url(new.logo), new.administrator
    account = NewAccount(who.login_name, who.real_name, who.id_no, ADMINISTRATOR, new.division_code, phone=who.phone)
    _, password = open_account(session, account)
    site = CountySite(
        division_code=new.division_code, name=new.name, logo=logo, menus=list(new.menus), active=True,
        opened_at=clock.now(), opened_by=principal.id,
    )  # fmt: skip
    session.add(site)
    session.flush()
    return site, password


def _check_division(principal: Principal, code: str) -> None:
    county = len(code) == 12 and code.isdecimal() and code.endswith("000000") and code[4:6] != "00"
    if not county:
        raise Invalid("county.division", division_code=code)
    if not principal.scope.covers_division(code):
        raise NotFound("request.not_found")
    if not may_open(principal, code):
        raise Denied("county.city_only")


def may_open(principal: Principal, code: str) -> bool:
    """Whether the caller's jurisdiction is wider than the county: its own administrators must not widen what they got."""
    return principal.scope.covers_division(code[:4])


def data_url(logo: bytes) -> str | None:
    """The image as a data address, by what it is and not by what it is called.

    Raises:
        Invalid: too large, or neither PNG nor JPEG.
    """
    if not logo:
        return None
    kind = next((kind for magic, kind in _IMAGES.items() if logo.startswith(magic)), None)
    if kind is None or len(logo) > LARGEST_LOGO:
        raise Invalid("county.logo")
    return f"data:{kind};base64,{base64.b64encode(logo).decode()}"


def sites(session: Session) -> list[CountySite]:
    """The opened counties of the caller's jurisdiction."""
    return list(session.scalars(select(CountySite).order_by(CountySite.division_code)))


def change_site(
    session: Session, principal: Principal, site_id: int, name: str, menus: tuple[str, ...], active: bool
) -> CountySite:
    """Rename a county, choose its menus, close or reopen it. Its accounts and data stay.

    Raises:
        NotFound: outside the caller's jurisdiction. Denied: the caller rules the county only.
    """
    site = session.scalar(select(CountySite).where(CountySite.id == site_id))
    if site is None:
        raise NotFound("request.not_found")
    if not may_open(principal, site.division_code):
        raise Denied("county.city_only")
    site.name, site.menus, site.active = name, list(menus), active
    return site
