"""One chDB session: statements, streams of blocks, settings that last for one query, descriptions of results."""

from __future__ import annotations

import itertools
import re
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from chdb.state.sqlitelike import Connection

from health_platform.kernel.warehouse.ddl import quote, text
from health_platform.kernel.warehouse.endpoint.blocks import Columns

_ERROR = re.compile(r"Code:\s*(\d+)\.\s*(?:DB::Exception:\s*)?(.*)", re.S)
_TAGS = itertools.count(1)
_UNKNOWN_FAILURE = 1002
_COMMENT = "log_comment"
_UNCERTAIN = "\0uncertain"


class EngineError(Exception):
    """A failure with ClickHouse's error code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def engine_error(error: Exception) -> EngineError:
    """The code and message in the text chDB raises."""
    match = _ERROR.search(str(error))
    return EngineError(int(match[1]), match[2]) if match else EngineError(_UNKNOWN_FAILURE, str(error))


class Session:
    """A chDB connection with the state one client sees: current database, settings, temporary tables.

    ``tag`` marks the session's queries in ``log_comment``, by which another session can kill them.
    """

    def __init__(self, location: str) -> None:
        self._location = location
        self._chdb = Connection(location)
        self._side: Connection | None = None
        self._applied: dict[str, str] = {}
        self.tag = f"session-{next(_TAGS)}"
        self.database = "default"
        self.run(f"SET {_COMMENT} = {text(self.tag)}")

    def close(self) -> None:
        for connection in (self._side, self._chdb):
            if connection is not None:
                connection.close()

    def use(self, database: str) -> None:
        self.run(f"USE {quote(database)}")
        self.database = database

    def run(self, sql: str, form: str = "Native") -> bytes:
        """Run any statement to its end and return its whole output.

        Raises:
            EngineError
        """
        try:
            return bytes(self._chdb.query(sql, form).bytes())
        except Exception as error:
            raise engine_error(error) from None

    def stream(self, sql: str) -> Generator[tuple[bytes, int], None, None]:
        """Run a read; yields Native blocks with their row counts. Only one stream may be open on a session.

        Raises:
            EngineError
        """
        result: Any = None
        try:
            result = self._chdb.send_query(sql, "Native")
            while (chunk := result.fetch()) is not None:
                yield bytes(chunk.bytes()), int(chunk.rows_read())
        except GeneratorExit:
            result.close()
            raise
        except Exception as error:
            raise engine_error(error) from None

    def statement_count(self, sql: str) -> int:
        """How many statements the text holds; 0 when it does not parse."""
        return int(self._chdb._conn.classify_query(sql)["statement_count"])

    def describe_read(self, sql: str) -> Columns:
        """Names and full types of a read's result."""
        return _described(self.run(_describe(sql), "TSVRaw"))

    def describe_beside_stream(self, sql: str) -> Columns:
        """The same while a stream is open: on a second connection, which does not see this session's temporary tables.

        Raises:
            EngineError
        """
        try:
            if self._side is None:
                self._side = Connection(self._location)
            self._side.query(f"USE {quote(self.database)}")
            return _described(bytes(self._side.query(_describe(sql), "TSVRaw").bytes()))
        except Exception as error:
            raise engine_error(error) from None

    def describe_table(self, table: str) -> dict[str, str]:
        """Names and types of the columns of ``table`` (quoted as needed) that can be inserted into."""
        output = self.run(f"DESCRIBE TABLE {table} SETTINGS print_pretty_type_names = 0", "TSVRaw")
        rows = [line.split("\t") for line in output.decode().splitlines() if line]
        return {row[0]: row[1] for row in rows if row[2] not in ("MATERIALIZED", "ALIAS")}

    def has_table(self, database: str, name: str) -> bool:
        """Whether the table is here."""
        return self.run(f"EXISTS TABLE {quote(database)}.{quote(name)}", "TSVRaw").strip() == b"1"

    def apply_settings(self, wanted: Mapping[str, str]) -> None:
        """Make exactly ``wanted`` hold for the next query; costs nothing when nothing changed.

        Raises:
            EngineError: a setting is unknown or its value invalid.
        """
        if wanted == self._applied:
            return
        changes = self.differing(wanted)
        # Should SET fail, any part of it may have been applied: these names are then set anew or reset next time.
        self._applied = {**self._applied, **dict.fromkeys(wanted, _UNCERTAIN)}
        if changes:
            self.run(f"SET {changes}")
        self._applied = dict(wanted)

    def differing(self, wanted: Mapping[str, str]) -> str:
        """What to set, or to state within one statement, so that exactly ``wanted`` holds; "" when it does."""
        changes = [f"{name} = {text(self._value(name, value))}" for name, value in self._changed(wanted).items()]
        changes += [self._default(name) for name in self._applied if name not in wanted]
        return ", ".join(changes)

    def _changed(self, wanted: Mapping[str, str]) -> dict[str, str]:
        return {name: value for name, value in wanted.items() if self._applied.get(name) != value}

    def _value(self, name: str, value: str) -> str:
        return f"{self.tag} {value}" if name == _COMMENT else value

    def _default(self, name: str) -> str:
        return f"{_COMMENT} = {text(self.tag)}" if name == _COMMENT else f"{name} = DEFAULT"


def kill(session: Session, tag: str) -> None:
    """Kill the running queries of the session with ``tag``, from another session."""
    session.run(f"KILL QUERY WHERE startsWith(Settings['{_COMMENT}'] || ' ', {text(tag + ' ')}) ASYNC")


def location(data: Path, config: Path) -> str:
    """chDB's name of a data directory with a configuration file."""
    return f"{data}?config-file={config}"


def _describe(sql: str) -> str:
    return f"DESCRIBE (\n{sql.rstrip().rstrip(';')}\n) SETTINGS print_pretty_type_names = 0"


def _described(output: bytes) -> Columns:
    fields = [line.split(b"\t") for line in output.splitlines()]
    return [(field[0], field[1]) for field in fields]
