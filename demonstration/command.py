"""``health-platform demo``: build the city, run the platform, send everything, and say what to try."""

from __future__ import annotations

import os
import shutil
import time
from datetime import date, datetime, timedelta
from pathlib import Path

import click

from demonstration.city.people import Resident
from demonstration.generating import TRUTH, City, Generated, generate
from demonstration.live import Hospitals
from demonstration.loading import Addresses, deliver
from demonstration.remembered import Remembered, recall, remember
from demonstration.running import Running
from demonstration.setup import Account, prepare, resident_account
from demonstration.waiting import drained, person_of
from health_platform.kernel import clock, schema
from health_platform.kernel.jobs import Progress
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.settings import Settings


@click.command()
@click.option("--residents", "count", default=20_000, show_default=True, help="Size of the city.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same city.")
@click.option("--serve/--no-serve", default=True, help="Keep running after loading.")
@click.option("--live", is_flag=True, help="While serving, let the hospitals go on sending.")
@click.option("--rate", default=1.0, show_default=True, help="Visits per second with --live.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="Last day of the city's history; default yesterday.")
@click.make_pass_decorator(Platform)
def demo(platform: Platform, count: int, seed: int, serve: bool, live: bool, rate: float, today: datetime | None) -> None:
    """Set up a demonstration city and load it through the real ways in.

    Example: health-platform demo --residents 1000 --live
    """
    os.environ["HP_DEMONSTRATION"] = "1"  # for the processes started from here
    os.environ.setdefault("HP_LOG_LEVEL", "WARNING")  # their notes would tear the progress line apart
    last = clock.today() - timedelta(days=1) if today is None else today.date()
    started = time.monotonic()
    click.echo("preparing the database")
    schema.upgrade(platform)  # also of a city that an earlier version loaded
    city = recall(platform.settings.home)
    if city is None:
        city = load_city(platform, count, seed, last)
        click.echo(f"ready after {time.monotonic() - started:.0f} s")
    else:
        click.echo(f"a demonstration city is already in {platform.settings.home}; remove the folder to build another")
    _say(platform.settings, city.accounts)
    if serve:
        Running(platform).until_stopped(Hospitals(city, addresses(platform), rate).run if live else None)


def addresses(platform: Platform) -> Addresses:
    """Where the processes of this platform listen."""
    settings = platform.settings
    web, data_api = (f"http://{settings.host}:{port}" for port in (settings.port, settings.data_api_port))
    return Addresses(web, data_api, (settings.host, settings.mllp_port), settings.home / "inbox")


def load_city(platform: Platform, count: int, seed: int, last: date) -> Remembered:
    """Build a city of ``count`` residents in an empty platform and send it; returns when everything can be read."""
    schema.upgrade(platform)
    with platform.database.unit_of_work(system_scope("demonstration")) as session:
        placed, accounts, towns = prepare(session, platform, last)
    city = City(seed, count, last, tuple(towns), tuple(one.unit for one in placed))
    home = platform.settings.home
    with Running(platform) as running:
        made = generate(city, _empty(home / "demo.spool"), _empty(home / TRUTH), Progress(count, "generating"))
        running.await_ports()
        rows = deliver(placed, made.spool, addresses(platform), seed)
        click.echo(f"{rows:,} rows acknowledged; loading")
        drained(platform, rows)
    shutil.rmtree(home / "demo.spool")
    accounts.append(_resident(platform, _rich(made), accounts[-1].password))
    found = Remembered(seed, count, last, city.towns, tuple(placed), tuple(accounts))
    remember(home, found)
    return found


def _empty(folder: Path) -> Path:
    """A folder without what an interrupted run left behind."""
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def _rich(made: Generated) -> Resident:
    if made.rich is None:
        raise click.ClickException("a city needs at least one grown-up patient of Gushi's hospital; choose more --residents")
    return made.rich


def _resident(platform: Platform, rich: Resident, password: str) -> Account:
    with platform.database.unit_of_work(system_scope("demonstration")) as session:
        return resident_account(session, rich, person_of(session, rich), password)


_TRY = (
    "医师 doctor:在“健康档案调阅”中查找 {resident},一屏看清一生",
    "市管理员 city:看各机构上传情况与质量",
    "主索引管理员 steward:处理疑似重复,合并后再撤销,档案随之变化",
    "固始县管理员 county:同样的页面,只见本县",
    "审计员 auditor:查看以上所有人刚刚看了谁",
)


def _say(settings: Settings, accounts: tuple[Account, ...]) -> None:
    click.echo(f"\n  {settings.public_url or f'http://{settings.host}:{settings.port}'}/\n")
    for one in accounts:
        click.echo(f"  {one.login:<24} {one.password:<20} {one.what}")
    click.echo("\nFive things to try:")
    for number, text in enumerate(_TRY, 1):
        click.echo(f"  {number}. {text.format(resident=accounts[-1].what.split(':')[0])}")
    click.echo("")
