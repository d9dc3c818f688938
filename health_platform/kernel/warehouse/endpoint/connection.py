"""One client: greeting, then queries one after another, each answered by rows, an exception, or the end of an insert."""

from __future__ import annotations

import itertools
import logging
import socket
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field

from health_platform.kernel.warehouse.ddl import quote
from health_platform.kernel.warehouse.endpoint import blocks, statements, wire
from health_platform.kernel.warehouse.endpoint.descriptions import Descriptions
from health_platform.kernel.warehouse.endpoint.engine import EngineError, Session
from health_platform.kernel.warehouse.endpoint.incoming import Block, QueryPacket, read_block, read_query
from health_platform.kernel.warehouse.endpoint.ingest import Traffic, insert_blocks, load_external_table
from health_platform.kernel.warehouse.endpoint.response import Response
from health_platform.kernel.warehouse.endpoint.spool import SpoolBudget, SpoolFull
from health_platform.kernel.warehouse.endpoint.users import User, authenticate
from health_platform.kernel.warehouse.endpoint.watcher import Running, Watcher

LOG = logging.getLogger(__name__)

AUTHENTICATION_FAILED = 516
SYNTAX_ERROR = 62
NOT_IMPLEMENTED = 48
UNKNOWN_PACKET = 99
MEMORY_LIMIT_EXCEEDED = 241
COMPLETE = 2
"""The processing stage whose result is what was asked for, and not a state that another server completes."""
_PARTLY = (
    "The local endpoint answers whole queries only: let the asking server set distributed_group_by_no_merge. (NOT_IMPLEMENTED)"
)
_BARE_TIMES = (b"DateTime", b"Nullable(DateTime)")

Rows = tuple[bytes, int]  # a block and how many rows it has
Stream = Generator[Rows, None, None]


@dataclass(frozen=True)
class Service:
    """What all connections share. ``open_session`` makes a session on the served data."""

    open_session: Callable[[], Session]
    users: tuple[User, ...]
    watcher: Watcher
    budget: SpoolBudget
    version: tuple[int, int, int]
    timezone: str
    descriptions: Descriptions = field(default_factory=Descriptions)


class Connection:
    """Serves one client on its socket until it leaves."""

    def __init__(self, sock: socket.socket, service: Service) -> None:
        self._sock = sock
        self._service = service
        self._reader = wire.WireReader(sock)
        self.busy = False

    def serve(self) -> None:
        """Run the protocol; returns when the client has gone or broken it."""
        session: Session | None = None
        try:
            session = self._greet()
            while session is not None and self._serve_packet(session):
                self._reader.forget()
        except (EOFError, OSError):
            LOG.debug("client gone")
        finally:
            if session is not None:
                session.close()

    # -- greeting

    def _greet(self) -> Session | None:
        reader = self._reader
        if reader.varint() != wire.ClientPacket.HELLO:
            return None
        reader.string()
        for _ in ("major", "minor", "revision"):
            reader.varint()
        database, name, password = reader.string(), reader.string(), reader.string()
        user = authenticate(self._service.users, name, password)
        if user is None:
            message = f"{name}: Authentication failed: password is incorrect, or there is no user with such name."
            self._sock.sendall(wire.exception(AUTHENTICATION_FAILED, message))
            return None
        return self._log_in(user, database)

    def _log_in(self, user: User, database: str) -> Session | None:
        session = self._service.open_session()
        try:
            if database not in ("", "default"):
                session.use(database)
            if user.readonly:
                session.run("SET readonly = 2")
        except EngineError as error:
            self._sock.sendall(wire.exception(error.code, error.message))
            session.close()
            return None
        self._sock.sendall(wire.hello(self._service.version, self._service.timezone, socket.gethostname()))
        return session

    # -- packets

    def _serve_packet(self, session: Session) -> bool:
        packet = self._reader.varint()
        if packet == wire.ClientPacket.PING:
            self._sock.sendall(wire.varint(wire.ServerPacket.PONG))
        elif packet == wire.ClientPacket.QUERY:
            self.busy = True
            try:
                return self._serve_query(session)
            finally:
                self.busy = False
        elif packet == wire.ClientPacket.TABLES_STATUS:
            self._sock.sendall(wire.tables_status(self._known(session)))
        elif packet == wire.ClientPacket.CANCEL:
            pass  # of a query that has ended meanwhile
        else:
            self._sock.sendall(wire.exception(UNKNOWN_PACKET, f"Unexpected packet {packet} from client"))
            return False
        return True

    def _known(self, session: Session) -> list[tuple[str, str]]:
        """Those of the tables another server asks for that are here."""
        asked = [(self._reader.string(), self._reader.string()) for _ in range(self._reader.varint())]
        return [table for table in asked if session.has_table(*table)]

    def _serve_query(self, session: Session) -> bool:
        """Answer one query; False when the connection can not go on."""
        packet = read_query(self._reader)
        external = self._read_external_tables(packet.compressed)
        if packet.stage != COMPLETE:
            self._sock.sendall(wire.exception(NOT_IMPLEMENTED, _PARTLY))
            return True
        running = Running(self._sock, session.tag)
        response = Response(running, packet.compressed)
        try:
            self._answer(session, packet, external, running, response)
        except SpoolFull:
            response.add(wire.exception(MEMORY_LIMIT_EXCEEDED, "The inserts in progress exceed the endpoint's memory for them"))
            response.flush()
            return False
        except EngineError as error:
            if running.cancelled:
                response.add(wire.varint(wire.ServerPacket.END_OF_STREAM))
            else:
                response.add(wire.exception(error.code, f"DB::Exception: {error.message}"))
        else:
            response.add(wire.varint(wire.ServerPacket.END_OF_STREAM))
        response.flush()
        return True

    def _read_external_tables(self, compressed: bool) -> list[Block]:
        tables: list[Block] = []
        while True:
            if self._reader.varint() == wire.ClientPacket.CANCEL:
                continue
            block = read_block(self._reader, compressed)
            if not block.rows and not block.table:
                return tables
            tables.append(block)

    def _answer(self, session: Session, packet: QueryPacket, external: list[Block], running: Running, response: Response) -> None:
        target = statements.insert_target(packet.sql)
        if target is None or target.settings:
            session.apply_settings(packet.settings)
        loaded: list[str] = []
        try:
            for block in external:
                loaded.append(block.table)
                load_external_table(session, block, self._service.budget)
            if target is not None:
                traffic = Traffic(self._reader, response, self._service.budget, self._service.descriptions)
                insert_blocks(session, target, packet, traffic)
            else:
                self._watched(session, packet.sql, running, response)
        finally:
            for table in loaded:
                with suppress(EngineError):
                    session.run(f"DROP TEMPORARY TABLE IF EXISTS {quote(table)}")

    def _watched(self, session: Session, sql: str, running: Running, response: Response) -> None:
        plain = statements.blanked(sql)
        _refuse_unsupported(session, sql, plain)
        self._service.watcher.begin(running)
        try:
            if statements.is_read(plain):
                _stream(session, statements.without_format(sql, plain), running, response)
            else:
                with self._service.descriptions.changing():
                    _run(session, sql, response)
        finally:
            self._service.watcher.end(running)


def _refuse_unsupported(session: Session, sql: str, plain: str) -> None:
    """Refuse what would be answered differently from a ClickHouse server."""
    if ";" in plain.rstrip().rstrip(";") and session.statement_count(sql) > 1:
        raise EngineError(SYNTAX_ERROR, "Syntax error (Multi-statements are not allowed). (SYNTAX_ERROR)")
    if statements.has_totals(plain):
        raise EngineError(NOT_IMPLEMENTED, "WITH TOTALS is not supported by the local endpoint. (NOT_IMPLEMENTED)")
    if statements.has_inline_format(plain):
        raise EngineError(NOT_IMPLEMENTED, "INSERT with inline data takes VALUES only. (NOT_IMPLEMENTED)")


def _run(session: Session, sql: str, response: Response) -> None:
    database = statements.database_used(sql)
    output = session.run(sql)
    if database is not None:
        session.database = database
    first = True
    for body, rows in blocks.split(output):
        if first:
            response.header(blocks.columns_of(body))
            first = False
        response.block(body, rows)
    response.summary()


def _stream(session: Session, sql: str, running: Running, response: Response) -> None:
    """Answer a read block by block."""
    stream = session.stream(sql)
    try:
        first = next(stream, None)
        if first is None:
            response.header(session.describe_read(sql))
            response.summary()
            return
        carried = blocks.columns_of(first[0])
        columns = carried
        if any(kind in _BARE_TIMES for _, kind in carried):
            columns, stream, first = _restore_zones(session, sql, stream, first)
        response.header(columns)
        for body, rows in itertools.chain((first,), stream):
            response.block(body if columns == carried else blocks.retyped(body, columns), rows)
            if response.blocks == 1:
                response.flush()  # the client reads the first rows while the engine winds up its query
            if running.cancelled:
                return
    finally:
        stream.close()
    response.summary()


def _restore_zones(session: Session, sql: str, stream: Stream, first: Rows) -> tuple[blocks.Columns, Stream, Rows]:
    """The full types of a result: FORMAT Native drops the zone of a DateTime.

    A result over temporary tables can only be described by its own session, between two streams: it is read anew.
    """
    try:
        return session.describe_beside_stream(sql), stream, first
    except EngineError:
        stream.close()
    columns = session.describe_read(sql)
    again = session.stream(sql)
    return columns, again, next(again)
