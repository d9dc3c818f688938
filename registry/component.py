"""What the registries register with the platform."""

from sqlalchemy.orm import Session

from health_platform.access.units import UnitDirectory
from health_platform.kernel.errors import register_messages
from health_platform.kernel.platform import Capability, Platform
from health_platform.records.filing.api import HealthFile
from health_platform.records.ports import InstitutionDirectory
from registry.commands import registry as registry_commands
from registry.definitions.messages import MESSAGES
from registry.divisions import routes as division_routes
from registry.divisions.files import FileFollower
from registry.divisions.migrating import ColumnFollower, DivisionFollowers, carry_out, take_back
from registry.events import MigrationOrdered
from registry.institutions import routes as institution_routes
from registry.institutions.directory import InstitutionLookup
from registry.institutions.models import Department, Institution
from registry.registration import routes as registration_routes
from registry.resources import routes as resource_routes
from registry.resources.models import Resource
from registry.staff import routes as staff_routes
from registry.staff.models import Staff
from registry.standards import mapping_routes
from registry.standards import routes as standard_routes
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

FOLLOWERS = (
    ColumnFollower("registry.institution", "机构", Institution, title="name"),
    ColumnFollower("registry.department", "科室", Department, title="name"),
    ColumnFollower("registry.staff", "职工", Staff, title="name"),
    ColumnFollower("registry.resource", "资源", Resource, title="name"),
    FileFollower("records.file", "居民健康档案", HealthFile, title="number"),
)

CAPABILITIES = (
    Capability(("A05",), "registry/registration", "working"),
    Capability(("B04",), "registry/standards", "working", "licensed tables (ICD and others) are loaded from files"),
    Capability(("B05",), "registry/divisions", "working"),
    Capability(("B06",), "registry/institutions", "working"),
    Capability(("B07",), "registry/staff", "working"),
    Capability(("G02",), "registry/resources", "working"),
)
