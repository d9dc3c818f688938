"""What the registries register with the platform."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from health_platform.access.api import User, move_accounts
from health_platform.access.units import UnitDirectory
from health_platform.kernel.errors import register_messages
from health_platform.kernel.platform import Capability, Platform
from health_platform.records.filing.api import HealthFile, migrate_files
from health_platform.records.ports import InstitutionDirectory
from registry.belongings import on_merged, on_moved
from registry.commands import registry as registry_commands
from registry.definitions.messages import MESSAGES
from registry.divisions import routes as division_routes
from registry.divisions.followers import INSTITUTIONS, ChunkedFollower, ColumnFollower, DivisionFollowers
from registry.divisions.moving import carry_out, take_back
from registry.divisions.rights import DIVISION_RIGHTS, UNIT_RIGHTS
from registry.events import MigrationOrdered
from registry.institutions import routes as institution_routes
from registry.institutions.directory import InstitutionLookup
from registry.institutions.following import InstitutionFollower
from registry.institutions.models import Department, Institution, InstitutionEvent
from registry.registration import routes as registration_routes
from registry.registration.models import Submission
from registry.resources import routes as resource_routes
from registry.resources.models import Resource
from registry.resources.service import FOLLOWER as RESOURCE_FOLLOWER
from registry.staff import routes as staff_routes
from registry.staff.models import Staff, StaffPost, StaffTransfer
from registry.standards import mapping_routes
from registry.standards import routes as standard_routes
from registry.standards.confirming import carry_out as confirm_sure
from registry.standards.deciding import on_version_published
from registry.standards.models import Adoption, LocalCode, MappingLog, SourceSystem
from registry.standards.translating import CodeTranslator, StandardCodes

register_messages(MESSAGES)


def install(platform: Platform) -> None:
    """Register the registries with the platform."""
    for blueprint in BLUEPRINTS:
        platform.blueprint(blueprint)
    _install_followers(platform)
    lookup = InstitutionLookup()
    platform.bind(UnitDirectory, lookup)
    platform.bind(InstitutionDirectory, lookup)
    platform.bind(CodeTranslator, StandardCodes())
    platform.command(registry_commands)
    for capability in CAPABILITIES:
        platform.capability(capability)


def _install_followers(platform: Platform) -> None:
    followers = DivisionFollowers()
    for follower in FOLLOWERS:
        followers.add(follower)
    platform.bind(DivisionFollowers, followers)

    def migrate(session: Session, event: MigrationOrdered) -> None:
        work = take_back if event.undo else carry_out
        work(session, event.migration_id, followers)

    platform.consume("registry.version_published", "registry.mappings", on_version_published)
    platform.consume("registry.sure_mappings_ordered", "registry.confirming", confirm_sure, leased=True)
    platform.consume("registry.institution_moved", "registry.belongings", on_moved)
    platform.consume("registry.institution_merged", "registry.belongings", on_merged)
    platform.consume("registry.migration_ordered", "registry.migrate", migrate)


BLUEPRINTS = (
    division_routes.blp,
    institution_routes.blp,
    staff_routes.blp,
    standard_routes.blp,
    mapping_routes.blp,
    resource_routes.blp,
    registration_routes.blp,
)


def _move_files(session: Session, moves: Mapping[int, str]) -> None:
    """Health files keep their numbers, and their trail says why they moved."""
    migrate_files(session, moves, "行政区划调整")


# The keeper of an entry comes before the entry itself: an institution looks whether its keeper contains the new place.
FOLLOWERS = (
    ColumnFollower("registry.keeper", "机构管理区划", Institution, column="manager_code", title="name", unit="id"),
    InstitutionFollower(INSTITUTIONS, "机构", Institution, title="name"),
    ColumnFollower("registry.department", "科室", Department, title="name", unit="institution_id"),
    ColumnFollower("registry.staff", "职工", Staff, title="name", unit="institution_id"),
    ColumnFollower(RESOURCE_FOLLOWER, "资源", Resource, title="name", unit="institution_id"),
    ColumnFollower("registry.institution_event", "机构变更记录", InstitutionEvent, unit="institution_id"),
    ColumnFollower("registry.staff_post", "任职记录", StaffPost, unit="institution_id"),
    ColumnFollower("registry.staff_transfer", "调动", StaffTransfer, title="staff_name", unit="institution_id"),
    ColumnFollower("registry.submission", "注册申请", Submission, title="reference", unit="institution_id"),
    ColumnFollower("registry.source", "来源系统", SourceSystem, title="name", unit="institution_id"),
    ColumnFollower("registry.local_code", "本地代码", LocalCode, title="code", unit="institution_id"),
    ColumnFollower("registry.adoption", "标准代码声明", Adoption, title="system_code", unit="institution_id"),
    ColumnFollower("registry.mapping_log", "对照记录", MappingLog, unit="institution_id"),
    ChunkedFollower("records.file", "居民健康档案", HealthFile, title="number", move=_move_files),
    ChunkedFollower("access.user", "账号", User, title="login_name", unit="institution_id", move=move_accounts),
    UNIT_RIGHTS,
    DIVISION_RIGHTS,
)

CAPABILITIES = (
    Capability(("A05",), "registry/registration", "working"),
    Capability(("B04",), "registry/standards", "working", "licensed tables (ICD and others) are loaded from files"),
    Capability(("B05",), "registry/divisions", "working"),
    Capability(("B06",), "registry/institutions", "working"),
    Capability(("B07",), "registry/staff", "working"),
    Capability(("G02",), "registry/resources", "working"),
)
