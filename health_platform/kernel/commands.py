"""Commands of the kernel: db, serve, worker, warehouse, audit."""

from __future__ import annotations

import signal
import sys
from typing import Any

import click

from health_platform.kernel import audit_seal, integrity, schema
from health_platform.kernel.backup.api import backup, restore
from health_platform.kernel.jobs import Worker
from health_platform.kernel.platform import Platform
from health_platform.kernel.warehouse.api import endpoint_status, start_endpoint, stop_endpoint

pass_platform = click.make_pass_decorator(Platform)


@click.group()
def db() -> None:
    """Relational database. Example: health-platform db upgrade"""


@db.command()
@click.option("--lock-wait", default=10, show_default=True, help="Seconds to wait for locks before giving up.")
@pass_platform
def upgrade(platform: Platform, lock_wait: int) -> None:
    """Bring the schema to the newest version. Example: health-platform db upgrade --lock-wait 5"""
    click.echo(f"database at revision {schema.upgrade(platform, lock_wait)}")


@db.command()
@pass_platform
def revision(platform: Platform) -> None:
    """Show the revision of the database and of the code. Example: health-platform db revision"""
    click.echo(f"database {schema.current(platform)}, code {schema.newest(platform)}")


@db.command()
@click.argument("message")
@pass_platform
def draft(platform: Platform, message: str) -> None:
    """Write the next migration from the models, for maintainers. Example: health-platform db draft "staff titles" """
    written = schema.draft(message)
    click.echo(
        f"written {written}: read it, then run the schema tests" if written else "models and migrations agree; nothing written"
    )


@click.command()
@pass_platform
def worker(platform: Platform) -> None:
    """Deliver events and run scheduled jobs until stopped. Example: health-platform worker"""
    loop = Worker(platform)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.stop())
    loop.run()


@click.group()
def warehouse() -> None:
    """Local warehouse endpoint. Example: health-platform warehouse status"""


@warehouse.command()
@pass_platform
def start(platform: Platform) -> None:
    """Start the endpoint. Example: health-platform warehouse start"""
    state = start_endpoint(platform.warehouse.settings)
    click.echo(f"running, process {state.pid}, port {state.port}")


@warehouse.command()
@pass_platform
def stop(platform: Platform) -> None:
    """Stop the endpoint. Example: health-platform warehouse stop"""
    stop_endpoint(platform.warehouse.settings)
    click.echo("stopped")


@warehouse.command()
@pass_platform
def status(platform: Platform) -> None:
    """Show the endpoint. Example: health-platform warehouse status"""
    state = endpoint_status(platform.warehouse.settings)
    click.echo(f"running, process {state.pid}, port {state.port}" if state else "not running")


@click.group()
def audit() -> None:
    """Audit log. Example: health-platform audit verify"""


@audit.command()
@pass_platform
def seal(platform: Platform) -> None:
    """Seal what is not sealed yet. Example: health-platform audit seal"""
    click.echo(f"{audit_seal.seal_all(platform)} batches sealed")


@audit.command()
@pass_platform
def verify(platform: Platform) -> None:
    """Check every sealed entry; exit code 2 when something was tampered with. Example: health-platform audit verify"""
    findings: list[Any] = audit_seal.verify(platform)
    for finding in findings:
        click.echo(f"batch {finding.batch}: {finding.problem}")
    click.echo(f"{len(findings)} findings")
    sys.exit(2 if findings else 0)


@click.group("integrity")
def integrity_group() -> None:
    """Tamper detection of programs and pages. Example: health-platform integrity verify"""


@integrity_group.command("seal")
@pass_platform
def integrity_seal(platform: Platform) -> None:
    """Take the installed files for right, after an installation or upgrade. Example: health-platform integrity seal"""
    click.echo(f"{integrity.seal(platform)} files sealed")


@integrity_group.command("verify")
@click.option("--restore/--no-restore", "put_back", default=False, help="Put changed pages back, raise the alarm.")
@pass_platform
def integrity_verify(platform: Platform, put_back: bool) -> None:
    """Compare the files with what was sealed; exit code 2 when they differ. Example: health-platform integrity verify"""
    findings = integrity.watch(platform) if put_back else integrity.verify(platform)
    for finding in findings:
        click.echo(f"{finding.change}: {finding.path}")
    click.echo(f"{len(findings)} findings")
    sys.exit(2 if findings else 0)


def install(platform: Platform) -> None:
    """Register the commands."""
    for command in (db, worker, warehouse, audit, backup, restore, integrity_group):
        platform.command(command)
