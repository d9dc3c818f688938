"""The public door of access control."""

from health_platform.access.accounts.models import User
from health_platform.access.accounts.opening import open_for, reachable_unit, reachable_units
from health_platform.access.accounts.schemas import UserChangeIn, UserIn
from health_platform.access.accounts.service import UserSearch, find_users, get_user, reset_password
from health_platform.access.authority.break_glass import (
    REASONS,
    VERDICTS,
    BreakGlassOpened,
    Emergency,
    break_glass_list,
    open_break_glass,
)
from health_platform.access.authority.catalogue import permission_labels
from health_platform.access.authority.consent import (
    DocumentAccess,
    Rule,
    consents_of,
    document_access,
    end_consent,
    set_consent,
)
from health_platform.access.authority.definitions.roles import BY_CODE, ROLES
from health_platform.access.authority.evaluate import Cell
from health_platform.access.authority.grants import NewGrant, grant, grantable_roles, grants_of, revoke
from health_platform.access.authority.masking import Mask, mask_of
from health_platform.access.authority.models import Grant
from health_platform.access.authority.relations import NewRelation, relate, related_persons, unrelate
from health_platform.access.authority.roles import all_roles, get_role, permissions_below, permissions_of
from health_platform.access.authority.roles import grid as role_grid
from health_platform.access.authority.routes import open_emergency
from health_platform.access.authority.schemas import GrantIn, GridEntryIn, PolicyIn, ReviewIn, RoleIn, SpecialIn
from health_platform.access.authority.special import specials
from health_platform.access.clients.assertions import ASSERTION_TYPE
from health_platform.access.clients.assertions import accepted as assertion_accepted
from health_platform.access.clients.models import Client
from health_platform.access.clients.routes import CertificateIn, SystemIn, register
from health_platform.access.clients.service import NewClient, create_client, exact_address, find_clients, get_client, renew_secret
from health_platform.access.divisions import prefix_of
from health_platform.access.employment import change_employer, end_employment
from health_platform.access.menus.routes import ButtonIn, MenuIn, NewButtonIn, NewMenuIn
from health_platform.access.menus.service import MenuBoard, ShownButton, ShownMenu, menus
from health_platform.access.policy import BOUNDS, AccessPolicy, access_policy, change_policy
from health_platform.access.provision import NewAccount, cell_of, generated_password, grant_by_platform, open_account
from health_platform.access.residents import NoResidents, ResidentDirectory
from health_platform.access.rezoning import move_accounts, move_grants
from health_platform.access.setup import FirstAccount, ensure_first_administrators, install_definitions
from health_platform.access.signin import api as signin
from health_platform.access.signin.login import GuessingAlarm
from health_platform.access.signin.schemas import LoginIn, NewPasswordIn, OneTimeCodeIn, OwnPasswordIn
from health_platform.access.signin.sessions import (
    Opening,
    SessionEnded,
    end_sessions_of,
    open_session,
    running_sessions,
)
from health_platform.access.sso.keys import signing_key
from health_platform.access.sso.logout import issuer_of
from health_platform.access.sso.provider import OnlyS256, RelyingParty
from health_platform.access.units import NoUnits, Unit, UnitDirectory, directory_of

__all__ = [
    "ASSERTION_TYPE",
    "BOUNDS",
    "BY_CODE",
    "REASONS",
    "ROLES",
    "VERDICTS",
    "AccessPolicy",
    "BreakGlassOpened",
    "ButtonIn",
    "Cell",
    "CertificateIn",
    "Client",
    "DocumentAccess",
    "Emergency",
    "FirstAccount",
    "Grant",
    "GrantIn",
    "GridEntryIn",
    "GuessingAlarm",
    "LoginIn",
    "Mask",
    "MenuBoard",
    "MenuIn",
    "NewAccount",
    "NewButtonIn",
    "NewClient",
    "NewGrant",
    "NewMenuIn",
    "NewPasswordIn",
    "NewRelation",
    "NoResidents",
    "NoUnits",
    "OneTimeCodeIn",
    "OnlyS256",
    "Opening",
    "OwnPasswordIn",
    "PolicyIn",
    "RelyingParty",
    "ResidentDirectory",
    "ReviewIn",
    "RoleIn",
    "Rule",
    "SessionEnded",
    "ShownButton",
    "ShownMenu",
    "SpecialIn",
    "SystemIn",
    "Unit",
    "UnitDirectory",
    "User",
    "UserChangeIn",
    "UserIn",
    "UserSearch",
    "access_policy",
    "all_roles",
    "assertion_accepted",
    "break_glass_list",
    "cell_of",
    "change_employer",
    "change_policy",
    "consents_of",
    "create_client",
    "directory_of",
    "document_access",
    "end_consent",
    "end_employment",
    "end_sessions_of",
    "ensure_first_administrators",
    "exact_address",
    "find_clients",
    "find_users",
    "generated_password",
    "get_client",
    "get_role",
    "get_user",
    "grant",
    "grant_by_platform",
    "grantable_roles",
    "grants_of",
    "install_definitions",
    "issuer_of",
    "mask_of",
    "menus",
    "move_accounts",
    "move_grants",
    "open_account",
    "open_break_glass",
    "open_emergency",
    "open_for",
    "open_session",
    "permission_labels",
    "permissions_below",
    "permissions_of",
    "prefix_of",
    "reachable_unit",
    "reachable_units",
    "register",
    "relate",
    "related_persons",
    "renew_secret",
    "reset_password",
    "revoke",
    "role_grid",
    "running_sessions",
    "set_consent",
    "signin",
    "signing_key",
    "specials",
    "unrelate",
]
