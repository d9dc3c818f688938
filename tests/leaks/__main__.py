"""``python -m tests.leaks``: the report of endpoints × roles × counties.

For every predefined role, as its holder in each county, every endpoint is read before and after the rows out of scope are removed
and changed. A line says how many endpoints answered, how many refused, and which answers changed: those leak.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from demonstration.city.institutions import COUNTIES
from health_platform.access.api import ROLES, all_roles, permissions_of
from health_platform.kernel.scope import Principal, Scope, system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from tests.leaks import world
from tests.leaks.interference import leaks
from tests.support.principals import principal


def holders(city: world.City, counties: int) -> Iterator[tuple[str, str, Principal]]:
    """(role, county, caller): each role as its holder in the first ``counties`` counties, and one who may do everything there."""
    with city.platform.database.unit_of_work(system_scope("leak report")) as session:
        held = {role.code: permissions_of(session, role.id) for role in all_roles(session)}
    for code, name in COUNTIES[:counties]:
        scope = Scope(divisions=(code,))
        yield "everything", name, principal(division=code, scope=scope)
        for role in ROLES:
            yield role.name, name, principal(division=code, scope=scope, permissions=held.get(role.code, frozenset()))


@click.command()
@click.option("--counties", default=len(COUNTIES), show_default=True, help="How many of the ten counties.")
@click.option("--role", default="", help="Only roles whose name contains this text.")
def main(counties: int, role: str) -> None:
    """Print the report; exit code 1 when something leaks. Example: python -m tests.leaks --counties 2"""
    leaking = 0
    with tempfile.TemporaryDirectory(prefix="hp-leaks-") as folder:
        city = world.build(Path(folder))
        click.echo(
            f"{'county':<8} {'role':<12} {'endpoints':>9} {'calls':>6} {'answered':>8} {'refused':>8} {'failed':>6} {'leaks':>6}"
        )
        for role_name, county, who in holders(city, counties):
            if role in role_name:
                leaking += _line(city, role_name, county, who)
        city.platform.warehouse.close()
        stop_endpoint(city.platform.warehouse.settings)
        city.platform.database.close()
    sys.exit(bool(leaking))


def _line(city: world.City, role: str, county: str, who: Principal) -> int:
    found, before = leaks(city, who)
    statuses = Counter(status // 100 for status, _ in before.values())
    endpoints = len({request.endpoint for request in before})
    click.echo(
        f"{county:<8} {role:<12} {endpoints:>9} {len(before):>6} {statuses[2]:>8} {statuses[3] + statuses[4]:>8}"
        f" {statuses[5]:>6} {len(found):>6}"
    )
    for leak in found:
        click.echo(f"    {leak.mutation}: {leak.request.endpoint} {leak.request.url}")
    return len(found)


if __name__ == "__main__":
    main()
