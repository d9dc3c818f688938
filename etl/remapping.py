"""A mapping applies to what arrives later; on request, what was uploaded before is mapped again."""

from __future__ import annotations

import logging

from sqlalchemy.orm import Session

from etl.channels import replay_datasets
from health_platform.datasets.api import VALUE_SETS, catalogue
from registry.api import MappingChanged, institution_of_source

log = logging.getLogger("etl.remapping")


def on_mapping_changed(session: Session, event: MappingChanged) -> None:
    """Send the stored uploads of the source's institution through again, if they can carry codes of this table."""
    institution_id = institution_of_source(session, event.source) if event.reapply else None
    if institution_id is None:
        return
    count = replay_datasets(session, institution_id, datasets_with(event.system))
    log.info("mapping applied again", extra={"facts": {"source": event.source, "system": event.system, "batches": count}})


def datasets_with(table: str) -> frozenset[str]:
    """Names of the datasets that have a field coded by this code table."""
    return frozenset(
        name for name, each in catalogue().items() if any(VALUE_SETS[field.value_set].table == table for field in each.coded)
    )
