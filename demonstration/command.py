"""``health-platform demo``: build the city, run the platform, send everything, and say what to try."""

from __future__ import annotations

import os
import time
from datetime import date, timedelta
from pathlib import Path

import click

from demonstration.city.courses import World
from demonstration.city.defects import Defects
from demonstration.city.people import Resident, residents
from demonstration.loading import Sending, collect, deliver
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
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="Last day of the city's history; default yesterday.")
@click.make_pass_decorator(Platform)
def demo(platform: Platform, count: int, seed: int, serve: bool, today: object) -> None:
    """Set up a demonstration city and load it through the real ways in.

    Example: health-platform demo --residents 1000
    """
    os.environ["HP_DEMONSTRATION"] = "1"  # for the processes started from here
    last = clock.today() - timedelta(days=1) if today is None else today.date()  # type: ignore[attr-defined]
    started = time.monotonic()
    accounts = _load(platform, count, seed, last) if not _loaded(platform) else _known(platform)
    click.echo(f"ready after {time.monotonic() - started:.0f} s")
    _say(platform.settings, accounts)
    if serve:
        Running(platform).until_stopped()


def _marker(platform: Platform) -> Path:
    return platform.settings.home / "demonstration.txt"


def _loaded(platform: Platform) -> bool:
    return _marker(platform).exists()


def _known(platform: Platform) -> list[Account]:
    click.echo(f"a demonstration city is already in {platform.settings.home}; remove the folder to build another")
    lines = _marker(platform).read_text(encoding="utf-8").splitlines()
    return [Account(*line.split("\t")) for line in lines]


def _load(platform: Platform, count: int, seed: int, last: date) -> list[Account]:
    click.echo("preparing the database")
    schema.upgrade(platform)
    with platform.database.unit_of_work(system_scope("demonstration")) as session:
        placed, accounts, towns = prepare(session, platform, last)
    city = list(residents(seed, count, towns, last))
    world = World(
        seed,
        last - timedelta(days=3 * 365),
        last,
        tuple(one.unit for one in placed),
        {one.number: one for one in city},
        towns[len(towns) // 2].code,
        last - timedelta(days=40),
    )
    bags = collect(city, world, Defects(seed), Progress(count, "generating"))
    with Running(platform) as running:
        settings = platform.settings
        sending = Sending(running.web, running.data_api, (settings.host, settings.mllp_port), seed)
        rows = deliver(placed, bags, sending)
        click.echo(f"{rows:,} rows acknowledged; loading")
        drained(platform, rows)
    accounts.append(_resident(platform, city, accounts[-1].password))
    _remember(platform, accounts)
    return accounts


def _resident(platform: Platform, city: list[Resident], password: str) -> Account:
    rich = max(city[:2000], key=lambda one: (len(one.conditions), one.allergy != "", -one.number))
    with platform.database.unit_of_work(system_scope("demonstration")) as session:
        return resident_account(session, rich, person_of(session, rich), password)


def _remember(platform: Platform, accounts: list[Account]) -> None:
    lines = ["\t".join((one.role, one.login, one.password, one.what)) for one in accounts]
    file = _marker(platform)
    file.touch(mode=0o600)
    file.write_text("\n".join(lines), encoding="utf-8")


_TRY = (
    "医师 doctor:在“健康档案”中按姓名查找居民,一屏看清一生",
    "市管理员 city:看各机构上传情况与质量",
    "主索引管理员 steward:处理疑似重复,合并后再撤销,档案随之变化",
    "固始县管理员 county:同样的页面,只见本县",
    "审计员 auditor:查看以上所有人刚刚看了谁",
)


def _say(settings: Settings, accounts: list[Account]) -> None:
    click.echo(f"\n  {settings.public_url or f'http://{settings.host}:{settings.port}'}/\n")
    for one in accounts:
        click.echo(f"  {one.login:<14} {one.password:<24} {one.what}")
    click.echo("\nFive things to try:")
    for number, text in enumerate(_TRY, 1):
        click.echo(f"  {number}. {text}")
    click.echo("")
