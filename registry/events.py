"""What the registries tell the rest of the platform."""

from dataclasses import dataclass

from health_platform.kernel.outbox import event


@event("registry.entity_changed")
@dataclass(frozen=True)
class EntityChanged:
    """An institution, department, staff member, resource or term was registered or changed.

    ``action`` is created, changed, merged, transferred, closed or restored.
    """

    kind: str
    entity_id: int
    action: str


@event("registry.institution_moved")
@dataclass(frozen=True)
class InstitutionMoved:
    """An institution got another place or line of work; what belongs to it follows."""

    institution_id: int


@event("registry.institution_merged")
@dataclass(frozen=True)
class InstitutionMerged:
    """An institution became part of another from ``day`` (ISO date) on; its staff and resources go over."""

    gone: int
    kept: int
    day: str


@event("registry.division_changed")
@dataclass(frozen=True)
class DivisionChanged:
    """An approved change of the map of divisions; ``effective`` is an ISO date, possibly ahead."""

    change_id: int
    effective: str


@event("registry.migration_ordered")
@dataclass(frozen=True)
class MigrationOrdered:
    """A reviewed migration is to be carried out (``undo`` false) or taken back."""

    migration_id: int
    undo: bool = False


@event("registry.version_published")
@dataclass(frozen=True)
class VersionPublished:
    """A version of a code system came into force."""

    system: str
    version: str


@event("registry.mapping_changed")
@dataclass(frozen=True)
class MappingChanged:
    """Mappings of a source system changed; ``reapply`` asks to map the stored rows of this code system again."""

    source: str
    system: str
    version: int
    reapply: bool = False


@event("registry.sure_mappings_ordered")
@dataclass(frozen=True)
class SureMappingsOrdered:
    """Somebody confirmed all sure suggestions of a source and code system, as they were at ``until`` (ISO moment).

    ``content`` names the list of terms that was in force then; ``by_name`` is who confirmed.
    """

    source: str
    system: str
    content: int
    until: str
    by_name: str


@event("registry.account_opened")
@dataclass(frozen=True)
class AccountOpened:
    """A user account was opened for a registered staff member."""

    staff_id: int
    user_id: int
    login: str
