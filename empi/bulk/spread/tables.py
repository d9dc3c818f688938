"""What a spread run keeps in the warehouse: keys of the records, the pairs that share one, and how common values are.

Every row carries the run it belongs to; the rows of a run are dropped when its result is written. A task that is done twice
leaves rows twice, and every query reads them as if they stood there once. Hashes of this package are odd numbers, so what is
sharded by one is sharded by a hash of it.
"""

from __future__ import annotations

from health_platform.kernel.warehouse.api import Column, Engine, TableSpec

_RUN = Column("run", "UInt64")

KEYS = TableSpec(
    name="empi_link_key",
    columns=(
        _RUN,
        Column("pass", "UInt8"),
        Column("key", "UInt64"),
        Column("position", "UInt32"),
        Column("stated", "UInt64", comment="In a compatible pass, what its pairs must not differ in; 0: nothing"),
    ),
    order_by=("run", "pass", "key"),
    engine=Engine.PLAIN,
    partition_by="run",
    shard_by="intHash64(key)",
    comment="Blocking keys of the records of a spread linking run",
)
PAIRS = TableSpec(
    name="empi_link_pair",
    columns=(_RUN, Column("one", "UInt16"), Column("two", "UInt16"), Column("left", "UInt32"), Column("right", "UInt32")),
    order_by=("run", "one", "two", "left", "right"),
    engine=Engine.PLAIN,
    partition_by="run",
    shard_by="cityHash64(one, two, intDiv(left, 65536))",
    comment="Pairs of records to be compared, by the parts both are in",
)
VALUES = TableSpec(
    name="empi_link_value",
    columns=(
        _RUN,
        Column("field", "UInt8"),
        Column("value", "UInt64"),
        Column("part", "UInt16"),
        Column("records", "UInt32"),
    ),
    order_by=("run", "field", "value", "part"),
    engine=Engine.PLAIN,
    partition_by="run",
    shard_by="intHash64(value)",
    comment="How many records of a part state a value",
)
USERS = TableSpec(
    name="empi_link_user",
    columns=(_RUN, Column("phone", "UInt64"), Column("person", "UInt64")),
    order_by=("run", "phone", "person"),
    engine=Engine.PLAIN,
    partition_by="run",
    shard_by="intHash64(phone)",
    comment="Telephones and the persons, by the sound of their names, who state them",
)
ALL = (KEYS, PAIRS, VALUES, USERS)
