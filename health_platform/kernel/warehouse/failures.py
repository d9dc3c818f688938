"""What can go wrong with the warehouse, as platform errors, and which failures are worth repeating."""

from __future__ import annotations

from clickhouse_driver.errors import Error as DriverError
from clickhouse_driver.errors import NetworkError, ServerException, SocketTimeoutError

from health_platform.kernel.errors import PlatformError, Unavailable, Upstream, register_messages

register_messages(
    {
        "warehouse.unavailable": "数据仓库暂不可用,请稍后重试",
        "warehouse.failed": "数据仓库执行失败",
        "warehouse.incompatible": "数据仓库表 {table} 与定义不一致,不能自动变更",
        "warehouse.migration_changed": "数据仓库迁移 {number} 的内容在执行后被改动",
        "warehouse.migration_locked": "另一个进程正在迁移数据仓库",
        "warehouse.endpoint_start": "本机数据仓库服务未能启动",
    }
)

# Server errors that pass by themselves: another replica or a later moment may succeed.
# https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
TRANSIENT_CODES = frozenset(
    {
        159,  # TIMEOUT_EXCEEDED while waiting for other replicas
        202,  # TOO_MANY_SIMULTANEOUS_QUERIES
        209,  # SOCKET_TIMEOUT
        210,  # NETWORK_ERROR
        225,  # NO_ZOOKEEPER
        242,  # TABLE_IS_READ_ONLY: the replica lost Keeper
        252,  # TOO_MANY_PARTS: merges must catch up
        279,  # ALL_CONNECTION_TRIES_FAILED
        285,  # TOO_FEW_LIVE_REPLICAS
        286,  # UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
        319,  # UNKNOWN_STATUS_OF_INSERT: the token makes repeating safe
        999,  # KEEPER_EXCEPTION
    }
)


class WarehouseFailed(Upstream):
    """ClickHouse refused or failed a statement. ``facts``: ``server_code`` (its error code) and ``reason``."""

    @property
    def server_code(self) -> int:
        return int(self.facts["server_code"])


def is_lost(error: BaseException) -> bool:
    """True when the connection broke: the statement may or may not have run."""
    return isinstance(error, NetworkError | SocketTimeoutError | EOFError | OSError)


def is_transient(error: BaseException) -> bool:
    """True when the same statement may succeed if it is sent again."""
    return is_lost(error) or (isinstance(error, ServerException) and error.code in TRANSIENT_CODES)


def translate(error: BaseException) -> PlatformError:
    """The platform error of a driver error."""
    if isinstance(error, ServerException) and error.code not in TRANSIENT_CODES:
        return WarehouseFailed("warehouse.failed", server_code=error.code, reason=_first_line(error.message))
    if isinstance(error, DriverError) and not is_transient(error):
        return WarehouseFailed("warehouse.failed", server_code=0, reason=str(error))
    return Unavailable("warehouse.unavailable", reason=f"{type(error).__name__}: {_first_line(str(error))}")


def _first_line(message: str) -> str:
    return message.split("Stack trace:")[0].strip()[:1000]
