"""Launch tickets, frame sessions, purposes and layouts, for other packages."""

from health_platform.launch.bearers import bearer_client
from health_platform.launch.clients import NewClient, find_client, list_clients, register_client
from health_platform.launch.definitions import PURPOSES, REVEAL_REASONS, STATED_PURPOSES
from health_platform.launch.layouts import Layout, layout_of, owner_of, save_layout
from health_platform.launch.ports import EncounterFinder, PatientFinder
from health_platform.launch.purposes import purpose_label, state_purpose
from health_platform.launch.schemas import ClientIn
from health_platform.launch.service import active_client, close_session, end_visit

__all__ = [
    "PURPOSES",
    "REVEAL_REASONS",
    "STATED_PURPOSES",
    "ClientIn",
    "EncounterFinder",
    "Layout",
    "NewClient",
    "PatientFinder",
    "active_client",
    "bearer_client",
    "close_session",
    "end_visit",
    "find_client",
    "layout_of",
    "list_clients",
    "owner_of",
    "purpose_label",
    "register_client",
    "save_layout",
    "state_purpose",
]
