"""The Markdown reference of the shipped code tables (``docs/reference/code-tables.md``), made from the definitions.

Regenerate with ``python -m registry.standards.reference > docs/reference/code-tables.md``; a test keeps it current.
"""

import sys
from collections.abc import Iterator

from registry.standards.definitions import ShippedSystem, shipped_systems

_MARKS = {"standard": "标准", "local": "本地", "unconfirmed": "待确认"}


def markdown() -> str:
    """The whole reference: one row per code system, then the content of the small ones."""
    systems = list(shipped_systems())
    filled = [one for one in systems if one.terms]
    empty = [one for one in systems if not one.terms]
    return "\n".join((*_preface(systems), *_overview(filled), *_catalogue(empty), *_contents(filled))) + "\n"


def _preface(systems: list[ShippedSystem]) -> Iterator[str]:
    terms = sum(len(one.terms) for one in systems)
    yield "# Code tables"
    yield ""
    yield "Generated from `registry/standards/definitions/`; do not edit."
    yield ""
    yield f"{len(systems)} code systems come with the platform; {sum(bool(one.terms) for one in systems)} of them with"
    yield f"their content ({terms} codes). The others are catalogued: their content is licensed or issued separately and is"
    yield "loaded with `health-platform registry load-codes SYSTEM VERSION FILE` or on the page 标准与代码表."
    yield ""
    yield "Marks: **标准** has the wording of the standard named; **本地** is defined by the platform; **待确认** must be"
    yield "compared with the text of its source before it is relied on."


def _overview(systems: list[ShippedSystem]) -> Iterator[str]:
    yield "\n## With content\n"
    yield "| Code system | Name | Source | Mark | Version | OID | Codes |"
    yield "|---|---|---|---|---|---|---|"
    for one in systems:
        cells = (
            f"[`{one.code}`](#{_anchor(one)})",
            one.title,
            one.source,
            _MARKS[one.mark],
            one.version,
            one.oid,
            str(len(one.terms)),
        )
        yield f"| {' | '.join(cells)} |"


def _catalogue(systems: list[ShippedSystem]) -> Iterator[str]:
    yield "\n## Catalogued, to be loaded\n"
    yield "| Code system | Name | Source | Mark |"
    yield "|---|---|---|---|"
    for one in systems:
        yield f"| `{one.code}` | {one.title} | {one.source} | {_MARKS[one.mark]} |"


def _contents(systems: list[ShippedSystem]) -> Iterator[str]:
    yield "\n## Contents"
    for one in systems:
        yield f"\n### {one.code}\n"
        yield f"{one.title} · {one.source} · {_MARKS[one.mark]}\n"
        yield "；".join(f"`{term.code}` {term.name}" for term in one.terms)


def _anchor(one: ShippedSystem) -> str:
    return "".join(char for char in one.code.lower() if char.isalnum() or char in "-_")


if __name__ == "__main__":
    sys.stdout.write(markdown())
