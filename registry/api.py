"""Public door of the registries. Start here.

Divisions: ``division``, ``division_names``, ``resolve_division``, ``carried_divisions``, ``divisions_of_year``; registers
whose records carry a division code add a ``ColumnFollower`` to ``platform.service(DivisionFollowers)`` and then follow
changes of divisions. Institutions: ``institution``, ``resolve_institution``. Standards: ``search_codes``, ``code_terms``,
``code_names``, ``value_set_terms``; ``code_mapper`` gives the pipeline plain dictionaries, ``report_unmapped`` takes the
row counts of codes without a mapping, ``institution_of_source`` says whose uploads a changed mapping concerns. ``seed``
loads what is there at first start.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from registry.checks import (
    credit_code_holds,
    identity_number_holds,
    organisation_code_holds,
    parse_institution_22,
)
from registry.divisions.atlas import Atlas, Division
from registry.divisions.codes import Level, lineage, pad, parent_of, prefix_of
from registry.divisions.followers import ColumnFollower, DivisionFollowers, Follower, Item
from registry.divisions.loading import load as load_divisions
from registry.divisions.reading import DivisionFilter, full_name
from registry.divisions.reading import atlas_of_year as divisions_of_year
from registry.divisions.reading import carried as carried_divisions
from registry.divisions.reading import division as division
from registry.divisions.reading import listed as list_divisions
from registry.divisions.reading import names as division_names
from registry.divisions.reading import resolve as resolve_division
from registry.events import (
    AccountOpened,
    DivisionChanged,
    EntityChanged,
    MappingChanged,
    MigrationOrdered,
    VersionPublished,
)
from registry.fields import DayIn, DivisionField, FileIn, NoteIn
from registry.identifiers import Identifier, entity_of, identifiers_of
from registry.importing import ImportResult
from registry.institutions.drafts import InstitutionDraft
from registry.institutions.models import Institution
from registry.institutions.service import InstitutionFilter
from registry.institutions.service import institution as institution
from registry.institutions.service import listed as list_institutions
from registry.institutions.service import register as register_institution
from registry.institutions.service import resolve as resolve_institution
from registry.seeding import Seeded, seed
from registry.staff.drafts import StaffDraft
from registry.staff.service import register as register_staff
from registry.standards.lookup import CodeMapper, TableMap
from registry.standards.mapper import code_mapper
from registry.standards.mapping import Seen, report_codes
from registry.standards.pinyin import initials
from registry.standards.sources import SourceDraft, put_source
from registry.standards.systems import current_terms as code_terms
from registry.standards.systems import search as search_codes
from registry.standards.terms import Term
from registry.standards.translating import REGISTERS, Sender, institution_of_source, source_of
from registry.standards.value_sets import value_set_terms

__all__ = [
    "AccountOpened",
    "Atlas",
    "CodeMapper",
    "ColumnFollower",
    "DayIn",
    "Division",
    "DivisionChanged",
    "DivisionField",
    "DivisionFilter",
    "DivisionFollowers",
    "EntityChanged",
    "FileIn",
    "Follower",
    "Identifier",
    "ImportResult",
    "Institution",
    "InstitutionDraft",
    "InstitutionFilter",
    "Item",
    "Level",
    "MappingChanged",
    "MigrationOrdered",
    "NoteIn",
    "Seeded",
    "Seen",
    "SourceDraft",
    "StaffDraft",
    "TableMap",
    "Term",
    "VersionPublished",
    "carried_divisions",
    "code_mapper",
    "code_names",
    "code_terms",
    "credit_code_holds",
    "division",
    "division_names",
    "divisions_of_year",
    "entity_of",
    "full_name",
    "identifiers_of",
    "identity_number_holds",
    "initials",
    "institution",
    "institution_of_source",
    "lineage",
    "list_divisions",
    "list_institutions",
    "load_divisions",
    "organisation_code_holds",
    "pad",
    "parent_of",
    "parse_institution_22",
    "prefix_of",
    "put_source",
    "register_institution",
    "register_staff",
    "report_codes",
    "report_unmapped",
    "resolve_division",
    "resolve_institution",
    "search_codes",
    "seed",
    "value_set_terms",
]


def code_names(session: Session, system: str) -> dict[str, str]:
    """Code to Chinese name of everything in force in a code system; empty when it has no content."""
    return {term.code: term.name for term in code_terms(session, system)}


def report_unmapped(
    session: Session, sender: Sender, tables: Mapping[str, Mapping[str, int]], names: Sequence[Seen] = ()
) -> None:
    """Count the rows of a load that carry codes without a mapping: code table to (local code to rows).

    ``names`` gives the names sent beside some of the codes.
    """
    source = source_of(session, sender)
    known = {one.code: one.name for one in names}
    for table, counts in tables.items():
        if table in REGISTERS:
            continue
        seen = [Seen(code, rows, known.get(code, "")) for code, rows in counts.items()]
        report_codes(session, source, table, seen)
