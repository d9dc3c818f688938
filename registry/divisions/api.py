"""Public door of divisions: reading shapes, changing them, closing years, and letting records follow."""

from registry.divisions.atlas import Atlas, Division
from registry.divisions.changing import Effect, answers_for_city, change_of, change_row, changes, may_decide, preview
from registry.divisions.codes import Level, level_of, lineage, pad, parent_of, prefix_of
from registry.divisions.migrating import DivisionFollowers, migrations, preview_migration
from registry.divisions.models import DivisionChange, Migration
from registry.divisions.reading import DivisionFilter, atlas_of_year, division, full_name, history_of, listed, names
from registry.divisions.schemas import KIND_LABELS, ChangeIn, YearIn
from registry.divisions.years import closed_years, intact

__all__ = [
    "KIND_LABELS",
    "Atlas",
    "ChangeIn",
    "Division",
    "DivisionChange",
    "DivisionFilter",
    "DivisionFollowers",
    "Effect",
    "Level",
    "Migration",
    "YearIn",
    "answers_for_city",
    "atlas_of_year",
    "change_of",
    "change_row",
    "changes",
    "closed_years",
    "division",
    "full_name",
    "history_of",
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
