"""The code tables that come with the platform, read from the files beside this module."""

import csv
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from registry.standards.terms import Term

_TABLES = ("small_tables.toml", "front_tables.toml", "platform_tables.toml", "large_systems.toml")
_EDITION = re.compile(r"(?:-|\()(\d{4})")


@dataclass(frozen=True, slots=True)
class ShippedSystem:
    """A code system of the platform. Without terms it is catalogued only; its content is loaded from a file."""

    code: str
    title: str
    source: str
    mark: str
    version: str
    oid: str = ""
    hierarchical: bool = False
    terms: tuple[Term, ...] = ()


def shipped_systems() -> Iterator[ShippedSystem]:
    """Every shipped code system, those of the WS 364 catalogue last."""
    folder = files(__name__)
    for name in _TABLES:
        for table in tomllib.loads(folder.joinpath(name).read_text("utf-8"))["system"]:
            yield _system(table)
    lines = folder.joinpath("ws364_catalogue.csv").read_text("utf-8").splitlines()
    for code, title in csv.reader(line for line in lines if line and not line.startswith("#")):
        yield ShippedSystem(code, title, f"WS 364-2011 {code}", "standard", "2011")


def _system(table: dict[str, Any]) -> ShippedSystem:
    terms = tuple(_term(line) for line in table.get("items", "").splitlines() if line)
    edition = _EDITION.search(table["source"])
    return ShippedSystem(
        table["code"],
        table["title"],
        table["source"],
        table["mark"],
        table.get("version") or (edition[1] if edition else "1"),
        table.get("oid", ""),
        table.get("hierarchy", False) or any(term.parent for term in terms),
        terms,
    )


def _term(line: str) -> Term:
    """``code name < parent | note``; parent and note may be absent."""
    rest, _, note = line.partition(" | ")
    rest, _, parent = rest.partition(" < ")
    code, _, name = rest.partition(" ")
    return Term(code, name, parent or None, note or None)
