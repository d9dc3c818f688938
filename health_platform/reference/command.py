"""``health-platform docs``: write the generated documents, or check that they are current."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from health_platform.app import application
from health_platform.datasets import reference as datasets_reference
from health_platform.kernel.platform import Platform
from health_platform.reference import interfaces, settings_page, systems

ROOT = Path(__file__).parents[2]


def pages(platform: Platform) -> dict[str, str]:
    """Path under the project → content, for every generated document."""
    application(platform)
    made = {
        "docs/systems.md": systems.table(platform.capabilities, ROOT / "tests"),
        "docs/reference/datasets.md": datasets_reference.markdown(),
        "docs/reference/settings.md": settings_page.page(),
        "docs/reference/api.md": interfaces.api_page(platform),
        "docs/reference/permissions.md": interfaces.permission_page(platform),
    }
    generators: dict[str, Callable[[], str]] = platform.documents
    return {**made, **{path: make() for path, make in generators.items()}}


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a document is not current.")
@click.make_pass_decorator(Platform)
def docs(platform: Platform, check: bool) -> None:
    """Generate the reference documents of this checkout. Example: health-platform docs --check"""
    stale = {path: text for path, text in pages(platform).items() if not _current(path, text)}
    for path, text in stale.items():
        click.echo(f"{'not current' if check else 'written'}: {path}")
        if not check:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(text, encoding="utf-8")
    sys.exit(1 if check and stale else 0)


def _current(path: str, text: str) -> bool:
    file = ROOT / path
    return file.exists() and file.read_text(encoding="utf-8") == text
