"""``health-platform keys``: the key ring of field encryption and signatures."""

from __future__ import annotations

import click

from health_platform.kernel.audit import AuditFact, record
from health_platform.kernel.crypto import KeyRingFile, Purpose
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope


@click.group("keys")
def keys() -> None:
    """Keys of field encryption, blind indexes and signatures.

    Example: health-platform keys list
    """


def _ring(platform: Platform) -> KeyRingFile:
    return KeyRingFile(platform.settings.home / "keys.json")


@keys.command("list")
@click.pass_obj
def list_keys(platform: Platform) -> None:
    """List key ids, purposes and dates; never the secrets.

    Example: health-platform keys list
    """
    ring = _ring(platform)()
    for key in ring.keys:
        state = "active" if ring.active(key.purpose) is key else "old"
        click.echo(f"{key.id:<5} {key.purpose.value:<6} {key.made_at:%Y-%m-%d} {state}")


@keys.command("rotate")
@click.argument("purpose", type=click.Choice([purpose.value for purpose in Purpose if purpose is not Purpose.INDEX]))
@click.pass_obj
def rotate(platform: Platform, purpose: str) -> None:
    """Use a new key for a purpose from now on; what the old one made stays readable. Back up keys.json afterwards.

    The key of blind indexes is not offered: unique columns hold its values, so changing it means rewriting them.

    Example: health-platform keys rotate data
    """
    made = _ring(platform).rotate(Purpose(purpose))
    with platform.database.unit_of_work(system_scope("keys rotate")) as session:
        record(session, AuditFact("keys.rotate", "key", made.id, detail={"by": "command line"}))
    click.echo(f"{made.id} is the active {purpose} key")
