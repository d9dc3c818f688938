"""Public door of divisions: reading shapes, changing them, closing years, and letting records follow."""

from registry.divisions.answering import answers_for_region
from registry.divisions.atlas import Atlas, Division
from registry.divisions.change_files import import_file as import_changes
from registry.divisions.changing import (
    ChangeFilter,
    Effect,
    change_of,
    change_row,
    changes,
    found_changes,
    may_decide,
    preview,
)
from registry.divisions.codes import Level, level_of, lineage, pad, parent_of, prefix_of
from registry.divisions.followers import DivisionFollowers
from registry.divisions.loading import import_file as import_divisions
from registry.divisions.migrating import migrations, preview_migration
from registry.divisions.models import DivisionChange, Migration
from registry.divisions.reading import DivisionFilter, atlas_of_year, division, full_name, history_of, listed, names
from registry.divisions.schemas import CHANGE_STATES, KIND_LABELS, ChangeIn, ChangeQuery, YearIn
from registry.divisions.years import closed_years, intact

__all__ = [
    "CHANGE_STATES",
    "KIND_LABELS",
    "Atlas",
    "ChangeFilter",
    "ChangeIn",
    "ChangeQuery",
    "Division",
    "DivisionChange",
    "DivisionFilter",
    "DivisionFollowers",
    "Effect",
    "Level",
    "Migration",
    "YearIn",
    "answers_for_region",
    "atlas_of_year",
    "change_of",
    "change_row",
    "changes",
    "closed_years",
    "division",
    "found_changes",
    "full_name",
    "history_of",
    "import_changes",
    "import_divisions",
    "intact",
    "level_of",
    "lineage",
    "listed",
    "may_decide",
    "migrations",
    "names",
    "pad",
    "parent_of",
    "prefix_of",
    "preview",
    "preview_migration",
]
