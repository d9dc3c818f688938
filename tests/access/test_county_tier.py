"""A county that runs the same software by itself: the shipped settings make a platform whose world ends at the county."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from health_platform.access.api import NewAccount, ensure_first_administrators, open_account
from health_platform.access.authority.models import Grant
from health_platform.access.signin.authenticate import AccountAuthenticator
from health_platform.app import create_platform
from health_platform.kernel import schema
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.settings import Settings, load_settings
from tests.access.conftest import PASSWORD, id_number

pytestmark = pytest.mark.system("A02")

SHIPPED = Path(__file__).parents[2] / "deploy" / "county.env.example"
COUNTY = "411525"


def shipped() -> Settings:
    lines = (line for line in SHIPPED.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))
    return load_settings(dict(line.split("=", 1) for line in lines))


def test_the_shipped_settings_make_a_platform_of_one_county(postgres: str, tmp_path: Path) -> None:
    """On PostgreSQL with row security, with every component a county uses, from an empty database."""
    settings = replace(shipped(), home=tmp_path, database_url=postgres, database_app_role="")
    platform = create_platform(settings)
    assert schema.upgrade(platform) == schema.newest(platform)
    with platform.database.unit_of_work(system_scope("test")) as session:
        ensure_first_administrators(session, platform)
        account = NewAccount("commission", "张三", id_number(1), "commission_administrator", f"{COUNTY}000000", None)
        user, _ = open_account(session, account, PASSWORD)
        authenticator: AccountAuthenticator = platform.service(AccountAuthenticator)
        divisions = authenticator.principal_of(session, user).scope.divisions
    assert divisions == (COUNTY,)
    _nobody_reaches_beyond(platform)
    platform.database.close()


def _nobody_reaches_beyond(platform: Platform) -> None:
    """Whatever an administrator of this platform may do ends at the county: no root grant lies outside it."""
    with platform.database.unit_of_work(system_scope("test")) as session:
        prefixes = set(session.scalars(select(Grant.prefix)))
    assert prefixes and all(prefix.startswith(COUNTY) for prefix in prefixes)
