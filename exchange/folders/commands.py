"""Commands of the watched folders."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click

from exchange.folders.manifest import BadFile, Manifest
from exchange.folders.watching import load_file, sender_of, watch
from health_platform.kernel.platform import Platform
from health_platform.kernel.progress import Progress


@click.command("folders")
@click.option("--every", default=5.0, show_default=True, help="Seconds between two looks at empty folders.")
@click.make_pass_decorator(Platform)
def watch_folders(platform: Platform, every: float) -> None:
    """Take files out of HP_HOME/inbox/<institution>. Example: health-platform folders"""
    watch(platform, every)


@click.command("upload-file")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dataset", required=True, help="Code name of the dataset.")
@click.option("--institution", required=True, type=int, help="Id of the institution that sends.")
@click.option("--message-id", default="", help="Message id; the file's digest when not given.")
@click.make_pass_decorator(Platform)
def upload_file(platform: Platform, path: Path, dataset: str, institution: int, message_id: str) -> None:
    """Upload a CSV, NDJSON or XLSX file of any size.

    Example: health-platform upload-file lab.csv --dataset emr_ex_lab --institution 1001
    """
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    manifest = Manifest(message_id or f"file:{digest}", dataset, digest)
    progress = Progress(_rows_about(path), path.name)
    try:
        taken = load_file(platform, sender_of(platform, institution), path, manifest, progress)
    except BadFile as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{taken.rows} rows in {taken.uploads} uploads")


def _rows_about(path: Path) -> int:
    """Lines of the file, for the progress line only."""
    with open(path, "rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
