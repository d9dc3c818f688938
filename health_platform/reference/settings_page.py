"""``docs/reference/settings.md``: every setting with its default and meaning."""

from __future__ import annotations

import dataclasses

from health_platform.settings import Settings


def page() -> str:
    """The document."""
    lines = [
        "# Settings",
        "",
        "Read once at start from the environment; an unknown `HP_` variable is an error. Generated; do not edit.",
        "",
        "| Variable | Default | Meaning |",
        "|---|---|---|",
    ]
    for field in dataclasses.fields(Settings):
        lines.append(f"| `HP_{field.name.upper()}` | `{field.default}` | {field.metadata['help']} |")
    return "\n".join([*lines, ""])
