"""Print the whole warehouse schema as it is created on the cluster: ``python deploy/clickhouse/render.py > schema.sql``.

The platform creates and extends the tables itself (``health-platform etl-tables``, those of a link in parts when one is started);
the script is for reading and review.
"""

from __future__ import annotations

import sys

from empi.bulk.spread.tables import ALL as LINKING
from etl.tables import all_tables
from health_platform.kernel.warehouse.api import HISTORY, Place, render
from health_platform.records.api import RECORD_EVENT, view_statements

PLACE = Place("health", "region")


def schema() -> str:
    """Every table in its cluster form, then the views that fill the event index."""
    tables = render((HISTORY, *all_tables(), RECORD_EVENT, *LINKING), PLACE)
    return tables + "".join(f"{statement};\n\n" for statement in view_statements(PLACE))


if __name__ == "__main__":
    sys.stdout.write(schema())
