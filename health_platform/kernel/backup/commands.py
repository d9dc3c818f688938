"""``health-platform backup`` and ``health-platform restore``."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from health_platform.kernel.backup.manifest import Kind, Manifest, read_manifest
from health_platform.kernel.backup.service import make_backup, restore_backup, stores_of, verify_backup
from health_platform.kernel.platform import Platform

_KINDS = click.Choice(["physical", "logical"])
_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("target", type=_FOLDER)
@click.option("--kind", type=_KINDS, default="physical", show_default=True, help="Files as they lie, or statements and rows.")
@click.option("--verify/--no-verify", default=True, show_default=True, help="Restore to a scratch place and compare.")
@click.make_pass_decorator(Platform)
def backup(platform: Platform, target: Path, kind: str, verify: bool) -> None:
    """Back up databases, keys and documents below TARGET. Example: health-platform backup /backup --kind logical"""
    folder = make_backup(stores_of(platform), target.absolute(), cast(Kind, kind), verify=verify)
    click.echo(f"{folder}")
    _report(read_manifest(folder))


@click.command()
@click.argument("source", type=_FOLDER)
@click.option("--verify", is_flag=True, help="Only restore to a scratch place and compare; change nothing.")
@click.make_pass_decorator(Platform)
def restore(platform: Platform, source: Path, verify: bool) -> None:
    """Restore a backup into an empty platform. Example: health-platform restore /backup/20260101-020000 --verify"""
    act = verify_backup if verify else restore_backup
    _report(act(stores_of(platform), source.absolute()))


def _report(manifest: Manifest) -> None:
    for part in manifest.parts:
        rows = sum(count for count, _ in part.tables.values())
        click.echo(f"  {part.store:12} {part.kind:9} {part.size:>14,} bytes  {len(part.tables):4} tables  {rows:>12,} rows")
    click.echo(f"verified {manifest.verified_at}" if manifest.verified_at else "NOT verified")
