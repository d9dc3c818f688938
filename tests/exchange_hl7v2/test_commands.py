"""The operator's commands."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from exchange.hl7v2.commands import hl7_group
from exchange.hl7v2.models import Hl7Sender
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope

pytestmark = pytest.mark.system("A11")


def test_a_sender_speaks_for_an_institution_that_there_is(platform: Platform) -> None:
    told = CliRunner().invoke(hl7_group, ["sender", "NOBODY", "1001"], obj=platform)
    assert told.exit_code == 1 and "no institution has the number 1001" in told.output
    with platform.database.unit_of_work(system_scope("test")) as session:
        assert session.scalar(select(Hl7Sender.id)) is None


def test_without_a_register_it_stands_in_the_region_of_the_platform(exchange_platform: Platform) -> None:
    told = CliRunner().invoke(hl7_group, ["sender", "FRONT", "1001"], obj=exchange_platform)
    assert told.exit_code == 0, told.output
    with exchange_platform.database.unit_of_work(system_scope("test")) as session:
        division = session.scalar(select(Hl7Sender.division_code).where(Hl7Sender.facility == "FRONT"))
    assert division == exchange_platform.settings.city_division
