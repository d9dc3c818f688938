"""``health-platform``: the command line. Components add their commands; ``health-platform COMMAND --help`` shows an example."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import click
from sqlalchemy.exc import OperationalError

from health_platform.kernel import logs
from health_platform.kernel.errors import PlatformError
from health_platform.kernel.platform import Platform
from health_platform.prepared import platform_of
from health_platform.reference.command import docs
from health_platform.serving import serve
from health_platform.settings import load_settings

_WITHOUT_PLATFORM = {"empi": ("empi.commands", "empi_commands", ("link", "evaluate"))}
"""Commands that work on files alone, on a machine where nothing is set up: group -> (module, its group, commands)."""
_SWITCH_SECONDS = 0.0005
"""A thread that comes back from the database takes the interpreter from one that computes after so long. By default it is 5 ms,
after every statement, in which a transaction keeps all others from writing (ADR 99)."""


class PlatformGroup(click.Group):
    """Builds the platform only when a command needs it, and lets components bring commands."""

    def resolve_command(self, context: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        module, group, commands = _WITHOUT_PLATFORM.get(args[0] if args else "", ("", "", ()))
        if args[1:] and args[1] in commands:
            return args[0], getattr(import_module(module), group), args[1:]
        return super().resolve_command(context, args)

    def _platform(self, context: click.Context) -> Platform:
        if context.obj is None:
            settings = load_settings(os.environ)
            logs.configure(settings.log_level)
            context.obj = platform_of(settings)
        return context.obj  # type: ignore[no-any-return]

    def list_commands(self, context: click.Context) -> list[str]:
        brought = [command.name or "" for command in self._platform(context).commands]
        return sorted({*super().list_commands(context), *brought})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if own := super().get_command(context, name):
            self._platform(context)
            return own
        return next((c for c in self._platform(context).commands if c.name == name), None)


@click.group(cls=PlatformGroup)
@click.version_option(package_name="health-platform")
def cli() -> None:
    """Regional health information platform.

    Example: health-platform demo
    """


cli.add_command(serve)
cli.add_command(docs)


def main(arguments: list[str] | None = None) -> Any:
    """Entry point: errors of the platform, and a database that is not there, become one clear line and exit code 1.

    A worker ends when the database goes, and its supervisor starts it again: a hundred lines each time would hide all else.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        return cli(arguments, standalone_mode=True)
    except PlatformError as error:
        click.echo(f"error: {error}  ({error.message})", err=True)
    except OperationalError as error:
        if not (error.connection_invalidated or error.statement is None):
            raise
        click.echo(f"error: the database cannot be reached: {' '.join(str(error.orig).split())}", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
