"""Named queries: hand-written ClickHouse SQL, one query per ``.sql`` file beside the feature that asks it.

The file begins with a comment header::

    -- purpose: one person's events of one section, newest first
    -- grain: one row per event
    -- parameters: pairs, domain, limit
    -- settings: max_threads=1
    SELECT ... WHERE (shelf, patient_key) IN %(pairs)s AND domain = %(domain)s

Values reach the query only by driver substitution, ``%(name)s``; a literal percent sign is written ``%%``. Thousands of
texts are sent beside the query instead, as a table of one column that lives as long as the query::

    -- lists: wanted_keys
    SELECT ... WHERE row_key IN wanted_keys
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

_HEADER = re.compile(r"--\s*(purpose|grain|parameters|lists|settings):\s*(.*)")
_PLACEHOLDER = re.compile(r"(?<!%)(?:%%)*%\((\w+)\)s")


@dataclass(frozen=True)
class Query:
    """A query with the facts of its header. ``settings`` are ClickHouse settings sent with it."""

    name: str
    purpose: str
    grain: str
    parameters: tuple[str, ...]
    settings: tuple[tuple[str, str], ...]
    sql: str
    lists: tuple[str, ...] = ()

    def bind(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values, after a check that they are exactly the declared parameters.

        Raises:
            ValueError: a parameter is missing, or one is given that the query does not declare.
        """
        if set(values) != set(self.parameters):
            raise ValueError(f"query {self.name} takes {sorted(self.parameters)}, got {sorted(values)}")
        return dict(values)

    def tables(self, lists: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
        """The lists as the driver sends them, after a check that they are exactly the declared ones.

        Raises:
            ValueError: as :meth:`bind`.
        """
        if set(lists) != set(self.lists):
            raise ValueError(f"query {self.name} takes the lists {sorted(self.lists)}, got {sorted(lists)}")
        return [
            {"name": name, "structure": [("value", "String")], "data": [{"value": text} for text in texts]}
            for name, texts in lists.items()
        ]


def parse_query(name: str, source: str) -> Query:
    """Read a query file.

    Raises:
        ValueError: the header lacks purpose or grain, or names other parameters than the text uses.
    """
    lines = source.splitlines()
    header = {match[1]: match[2] for line in lines if (match := _HEADER.match(line.strip()))}
    body = "\n".join(line for line in lines if not line.strip().startswith("--")).strip().rstrip(";")
    if not header.get("purpose") or not header.get("grain"):
        raise ValueError(f"query {name}: the header must give purpose and grain")
    declared, lists = _names(header.get("parameters", "")), _names(header.get("lists", ""))
    used = set(_PLACEHOLDER.findall(body))
    if used != set(declared):
        raise ValueError(f"query {name} declares {sorted(declared)} and uses {sorted(used)}")
    if unused := [each for each in lists if not re.search(rf"\bIN {each}\b", body)]:
        raise ValueError(f"query {name} declares the lists {unused} and does not use them")
    settings = tuple(_setting(part) for part in header.get("settings", "").split(",") if part.strip())
    return Query(name, header["purpose"], header["grain"], declared, settings, body, lists)


def load_query(package: str, filename: str) -> Query:
    """Read ``filename`` beside ``package`` (``load_query(__package__, "timeline.sql")``)."""
    source = files(package).joinpath(filename).read_text(encoding="utf-8")
    return parse_query(f"{package}.{filename.removesuffix('.sql')}", source)


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _setting(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value.strip()
