"""Writing a client's data blocks into tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from health_platform.kernel.warehouse.ddl import quote, text
from health_platform.kernel.warehouse.endpoint import blocks, wire
from health_platform.kernel.warehouse.endpoint.descriptions import Descriptions
from health_platform.kernel.warehouse.endpoint.engine import EngineError, Session
from health_platform.kernel.warehouse.endpoint.incoming import Block, QueryPacket, read_block
from health_platform.kernel.warehouse.endpoint.response import Response
from health_platform.kernel.warehouse.endpoint.spool import Spool, SpoolBudget
from health_platform.kernel.warehouse.endpoint.statements import InsertTarget, column_list, is_qualified

# A larger insert is written in several parts, as a server writes block by block.
PART_SIZE = 128 << 20
NO_SUCH_COLUMN = 16
_TOKEN = "insert_deduplication_token"  # noqa: S105 the name of a setting


@dataclass(frozen=True)
class Traffic:
    """The two directions of a client's connection while an insert is served, the memory it may take, and what is known of
    tables."""

    reader: wire.WireReader
    response: Response
    budget: SpoolBudget
    descriptions: Descriptions


def insert_blocks(session: Session, target: InsertTarget, packet: QueryPacket, traffic: Traffic) -> None:
    """Serve an INSERT whose data follow: announce the columns, take the blocks, write them.

    Raises:
        EngineError: the table or a column is unknown (before any data), or writing failed (after all data are taken).
        SpoolFull
    """
    types = _target_types(session, target, traffic.descriptions)
    traffic.response.header([(name.encode(), kind.encode()) for name, kind in types.items()])
    traffic.response.flush()
    spool = Spool(traffic.budget)
    try:
        insert = _Insert(session, target, types, packet.settings, spool)
        written = insert.take_all(traffic.reader, packet.compressed)
    finally:
        spool.close()
    traffic.response.add(wire.progress(written_rows=written))


def load_external_table(session: Session, block: Block, budget: SpoolBudget) -> None:
    """Make a temporary table of a block sent along with a query."""
    columns = blocks.columns_of(block.body)
    structure = ", ".join(f"{quote(name.decode())} {kind.decode()}" for name, kind in columns)
    session.run(f"CREATE TEMPORARY TABLE {quote(block.table)} ({structure})")
    spool = Spool(budget)
    try:
        spool.write(block.body)
        session.run(f"INSERT INTO {quote(block.table)} SELECT * FROM file({text(spool.path)}, 'Native')")  # noqa: S608
    finally:
        spool.close()


class _Insert:
    """An INSERT in progress, written in parts of ``PART_SIZE``."""

    def __init__(
        self, session: Session, target: InsertTarget, types: dict[str, str], settings: Mapping[str, str], spool: Spool
    ) -> None:
        self._session = session
        self._target = target
        self._types = types
        self._settings = settings
        self._spool = spool
        self._parts = 0
        self._failure: EngineError | None = None

    def take_all(self, reader: wire.WireReader, compressed: bool) -> int:
        """Take blocks until the empty one; returns the number of rows written."""
        total = 0
        while True:
            if reader.varint() == wire.ClientPacket.CANCEL:
                continue
            block = read_block(reader, compressed)
            if not block.rows:
                break
            total += block.rows
            self._take(block)
        self._write_part()
        if self._failure:
            raise self._failure
        return total

    def _take(self, block: Block) -> None:
        if self._failure:
            return  # the client hears of it when it has sent everything
        self._spool.write(block.body)
        self._spool.rows += block.rows
        if self._spool.size >= PART_SIZE:
            self._write_part()

    def _write_part(self) -> None:
        if not self._spool.rows or self._failure:
            return
        try:
            self._session.run(self._statement())
        except EngineError as error:
            self._failure = error
        self._parts += 1
        self._spool.clear()

    def _statement(self) -> str:
        names = tuple(self._types)
        structure = ", ".join(f"{quote(name)} {kind}" for name, kind in self._types.items())
        return (
            f"INSERT INTO {self._target.table} ({column_list(names)}) {self._clause()} "  # noqa: S608 quoted
            f"SELECT * FROM file({text(self._spool.path)}, 'Native', {text(structure)})"
        )

    def _clause(self) -> str:
        """Settings go within the statement, as each has a token of its own: to SET them would be another statement.

        Later parts have further tokens: one token would drop them as repeats. A client's own SETTINGS clause rules over what
        was set for the session.
        """
        token = self._settings.get(_TOKEN, "")
        if self._parts and token:
            token = f"{token}#{self._parts}"
        if self._target.settings:
            own = f"{_TOKEN} = {text(token)}" if self._parts and token else ""
            return f"{self._target.settings}, {own}" if own else self._target.settings
        wanted = {**self._settings, _TOKEN: token} if token else self._settings
        return f"SETTINGS {changes}" if (changes := self._session.differing(wanted)) else ""


def _target_types(session: Session, target: InsertTarget, known: Descriptions) -> dict[str, str]:
    """A name without a database may be one session's temporary table: only others are remembered."""
    read = session.describe_table
    types = known.of(target.table, read) if is_qualified(target.table) else read(target.table)
    for name in target.columns:
        if name not in types:
            raise EngineError(NO_SUCH_COLUMN, f"No such column {name} in table {target.table}. (NO_SUCH_COLUMN_IN_TABLE)")
    return {name: types[name] for name in target.columns} if target.columns else types
