"""What the frame of a page needs of the counties, kept in memory and read again once a minute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.counties.models import CountySite
from health_platform.kernel import clock
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Denied
from health_platform.kernel.http import EndpointSpec
from health_platform.kernel.platform import MenuItem
from health_platform.kernel.scope import Principal

FRESH = timedelta(seconds=60)


@dataclass(frozen=True)
class Front:
    """Name, logo and menus of a county; no menus means all."""

    name: str
    logo: str = ""
    menus: frozenset[str] = frozenset()


def feature_of(permission: str) -> str:
    """What a permission is about: ``records.file`` of ``records.file.open``; all acts of a thing are one feature."""
    return permission.rpartition(".")[0] or permission


def closed_features(menus: Mapping[str, MenuItem], enabled: frozenset[str]) -> dict[str, str]:
    """Features that only menu entries outside ``enabled`` offer, with the entry's label."""
    offered = {key: _features(item) for key, item in menus.items()}
    open_ = {feature for key in enabled for feature in offered.get(key, ())}
    return {feature: menus[key].label for key in menus.keys() - enabled for feature in offered[key] - open_}


def _features(item: MenuItem) -> set[str]:
    return {feature_of(item.permission), *(feature_of(button.permission) for button in item.buttons)}


class CountyBoard:
    """Finds the county a caller belongs to. It reads in the unit of work of a request, never in one of its own: SQLite
    has one writer, and a second unit of work inside a request would wait for the first for ever."""

    def __init__(self, menus: Mapping[str, MenuItem]) -> None:
        self._menus = menus
        self._fronts: dict[str, Front] = {}
        self._read_at: datetime | None = None

    def watch(self, session: Session, request: Request) -> Principal | None:
        """Called with every request as an authenticator that recognises nobody."""
        now = clock.now()
        if self._read_at is None or now - self._read_at > FRESH or now < self._read_at:
            self.read(session)
            self._read_at = now
        return None

    def read(self, session: Session) -> None:
        """Read all counties, whoever asks: the board serves every caller of this process."""
        with widened(session, "county board"):
            rows = list(session.scalars(select(CountySite).where(CountySite.active.is_(True))))
            self._fronts = {row.division_code[:6]: Front(row.name, row.logo or "", frozenset(row.menus)) for row in rows}

    def check(self, principal: Principal, spec: EndpointSpec) -> None:
        """The gate of every endpoint: what a county has not enabled is closed to its people, page and interface alike.

        Raises:
            Denied: the endpoint belongs to a feature of a menu entry the county has not.
        """
        front = self.front_of(principal)
        if front is None or not front.menus:
            return
        closed = closed_features(self._menus, front.menus)
        if (label := closed.get(feature_of(spec.permission))) is not None:
            raise Denied("county.feature", feature=label, county=front.name)

    def front_of(self, principal: Principal) -> Front | None:
        """The county of a caller below the city; ``None`` for the city's own people and for nobody."""
        return self._fronts.get(principal.division_code[:6]) if principal.division_code else None
