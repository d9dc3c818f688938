"""``health-platform demo``: build the city, run the platform, send everything, and say what to try."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Event

import click
import msgspec

from demonstration.city.people import Resident
from demonstration.generating import TRUTH, Generated, generate
from demonstration.live import Hospitals
from demonstration.loading import Addresses, deliver
from demonstration.programmes import under_care
from demonstration.referrals import refer
from demonstration.remembered import Remembered, made_from, recall, remember
from demonstration.running import Ended, Running, require_free_ports, until_signalled
from demonstration.setup import Account, prepare, resident_account
from demonstration.waiting import drained, person_of
from health_platform.access.api import UserSearch, find_users
from health_platform.kernel import clock, schema
from health_platform.kernel.platform import Platform
from health_platform.kernel.progress import Progress
from health_platform.kernel.scope import system_scope
from health_platform.settings import Settings

SPOOL = "demo.spool"


@click.command()
@click.option("--residents", "count", default=20_000, type=click.IntRange(min=100), show_default=True, help="Size of the city.")
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
    wanted = Wanted(count, seed, clock.today() - timedelta(days=1) if today is None else today.date())
    with suppress(Ended), until_signalled():
        _run(platform, wanted, (_live(rate) if live else _idle) if serve else None)
        return
    known = recall(platform.settings.home)
    if known is None or not known.loaded:
        raise click.ClickException("interrupted; the same command goes on from here")


Beside = Callable[[Remembered, Addresses], None]
"""What goes on while the platform serves; it never returns, a signal ends it."""


def _idle(city: Remembered, places: Addresses) -> None:
    Event().wait()


def _live(rate: float) -> Beside:
    return lambda city, places: Hospitals(city, places, rate).run()


def _run(platform: Platform, wanted: Wanted, beside: Beside | None) -> None:
    started = time.monotonic()
    require_free_ports(platform)
    running = Running(platform)
    click.echo("preparing the database")
    city = begin(platform, wanted)
    _say_found(platform.settings, city, wanted)
    with running:
        city = send(running, platform, city)
        running.await_ports()
        click.echo(f"ready after {time.monotonic() - started:.0f} s")
        _say(platform.settings, city.accounts)
        if beside:
            click.echo("running; Ctrl-C ends it")
            beside(city, addresses(platform))


def _say_found(settings: Settings, city: Remembered, wanted: Wanted) -> None:
    """Say it when the folder holds another city than the one asked for: it is kept, whatever the options were."""
    what = f"city of {city.count:,} residents (seed {city.seed}) in {settings.home}"
    if city.loaded:
        click.echo(f"serving the {what}; remove the folder to build another")
    elif (city.count, city.seed) != (wanted.count, wanted.seed):
        click.echo(f"going on with the interrupted {what}; remove the folder to build another")


def addresses(platform: Platform) -> Addresses:
    """Where the processes of this platform listen."""
    settings = platform.settings
    web, data_api = (f"http://{settings.host}:{port}" for port in (settings.port, settings.data_api_port))
    return Addresses(web, data_api, (settings.host, settings.mllp_port), settings.home / "inbox")


@dataclass(frozen=True)
class Wanted:
    """The city that was asked for: residents, seed, last day of its history."""

    count: int
    seed: int
    last: date


def load_city(platform: Platform, wanted: Wanted) -> Remembered:
    """Build a city in an empty platform and send it; returns when everything can be read. Its processes end again."""
    running = Running(platform)
    city = begin(platform, wanted)
    with running:
        return send(running, platform, city)


def begin(platform: Platform, wanted: Wanted) -> Remembered:
    """The city of this platform: the one that is there, wholly or half loaded, or else a new one without any records yet.

    Raises:
        click.ClickException: the folder holds a platform that is not a demonstration.
    """
    schema.upgrade(platform)  # also of a city that an earlier version loaded
    home = platform.settings.home
    if city := recall(home):
        return city
    with platform.database.unit_of_work(system_scope("demonstration")) as session:
        if find_users(session, UserSearch(), limit=1)[1]:
            raise click.ClickException(f"{home} holds a platform that is no demonstration; set HP_HOME to another folder")
        placed, accounts, towns = prepare(session, platform, wanted.last)
    city = Remembered(wanted.seed, wanted.count, wanted.last, tuple(towns), tuple(placed), tuple(accounts), loaded=False)
    remember(home, city)
    return city


def send(running: Running, platform: Platform, city: Remembered) -> Remembered:
    """Send a city that is not loaded yet, and return it when all of it can be read.

    What an interrupted run has sent before is sent again under the same message ids, and so changes nothing.
    """
    if city.loaded:
        return city
    home, one = platform.settings.home, made_from(city)
    made = generate(one, _empty(home / SPOOL), _empty(home / TRUTH), Progress(one.count, "generating"))
    rich = _rich(made)
    running.await_ports()
    rows = deliver(city.placed, made.spool, addresses(platform), one.seed)
    click.echo(f"{rows:,} rows acknowledged; loading")
    drained(platform, rows)
    click.echo(f"{under_care(platform, city):,} residents under care of the county's doctors")
    click.echo(f"{refer(platform, city)} referrals between the hospitals of the tour")
    drained(platform, 0)
    resident = _resident(platform, rich, city.accounts[-1].password)
    loaded = msgspec.structs.replace(city, accounts=(*city.accounts, resident), loaded=True)
    remember(home, loaded)
    shutil.rmtree(home / SPOOL)
    return loaded


def _empty(folder: Path) -> Path:
    """A folder without what an interrupted run left behind."""
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def _rich(made: Generated) -> Resident:
    if made.rich is None:
        raise click.ClickException(
            "no grown-up patient of Gushi's hospital lives in it; remove the folder, choose more --residents"
        )
    return made.rich


def _resident(platform: Platform, rich: Resident, password: str) -> Account:
    with platform.database.unit_of_work(system_scope("demonstration")) as session:
        return resident_account(session, rich, person_of(session, rich), password)


_TRY = (
    "医师 doctor:打开 /record（健康档案调阅），按姓名查找 {resident}，一屏看清一生",
    "市管理员 city:打开 /console/etl，看各机构上传情况",
    "主索引管理员 steward:打开 /console/empi/reviews/next，处理疑似重复，合并后再撤销，档案随之变化",
    "乡村医生 village:打开 /console/apps/hypertension，先看逾期，填一份随访；县管理员 county 在同一处看指标",
    "医师 doctor:打开 /console/apps/referral，接收一份待答复的转诊，再看 /console/referral/resources 还剩几张床",
    "固始县管理员 county:打开 /console/etl/batches，同样的页面，只见本县",
    "审计员 auditor:打开 /console/audit，查看以上所有人刚刚看了谁",
)


def name_of_resident(accounts: Sequence[Account]) -> str:
    """The resident whose record shows most; the last account is hers."""
    return accounts[-1].what.split(":")[0].removeprefix("居民 ")


def _say(settings: Settings, accounts: tuple[Account, ...]) -> None:
    click.echo(f"\n  {settings.public_url or f'http://{settings.host}:{settings.port}'}/\n")
    for one in accounts:
        click.echo(f"  {one.login:<24} {one.password:<20} {one.what}")
    click.echo("\nThings to try:")
    for number, text in enumerate(_TRY, 1):
        click.echo(f"  {number}. {text.format(resident=name_of_resident(accounts))}")
    click.echo("")
