"""Public door of the engine. Start with ``docs/engine.md``.

Writing a capability: everything of ``health_platform.engine.definitions.api`` can be imported from here.

Using the engine from code (hooks, adapters)::

    desk = desk_of(call)                                    # or system_desk(session, platform) in a consumer
    register = desk.catalogue.register("hypertension")
    propose(desk, register, card, place, "住院诊断：原发性高血压")   # a proposal in the unit's list; None when known there
    member = enrol(desk, register, Newcomer(answers, day, card))
    submit(desk, member, register.form("hypertension_visit"), Sheet(answers, day))
    case = open_case(desk, workflow, card, Move(answers))
    move_case(desk, workflow, case.case_no, workflow.transition("accept"), Move({}))

Events: ``register.proposed``, ``register.enrolled``, ``register.changed``, ``register.closed``, ``form.submitted``,
``form.voided``, ``case.moved``, ``alert.raised``. Components above bind ``PersonDirectory``, ``Areas`` and ``CodeNames``.
"""

from health_platform.engine.alerts import deal
from health_platform.engine.cases import Move, allowed, case, move_case, open_case
from health_platform.engine.catalogue import Catalogue
from health_platform.engine.checks import check
from health_platform.engine.definitions.api import *  # noqa: F403  # the words of definitions are part of this door
from health_platform.engine.definitions.api import __all__ as _words
from health_platform.engine.desk import Desk, desk_of, system_desk
from health_platform.engine.events import (
    AlertRaised,
    CaseMoved,
    Closed,
    Enrolled,
    MemberChanged,
    Proposed,
    Submitted,
    Voided,
)
from health_platform.engine.installing import install_application
from health_platform.engine.members import (
    Newcomer,
    Place,
    accept,
    card_of,
    close,
    decline,
    enrol,
    hand_over,
    member,
    own_place,
    propose,
)
from health_platform.engine.models import Alert, Case, Enrolment, Figure, Submission, Task
from health_platform.engine.ports import Areas, CodeNames, PersonCard, PersonDirectory
from health_platform.engine.submitting import Sheet, attempt, correct, history, submission, submit, void

__all__ = [  # noqa: PLE0604  # names of definitions.api are strings too
    *_words,
    "Alert",
    "AlertRaised",
    "Areas",
    "Case",
    "CaseMoved",
    "Catalogue",
    "Closed",
    "CodeNames",
    "Desk",
    "Enrolled",
    "Enrolment",
    "Figure",
    "MemberChanged",
    "Move",
    "Newcomer",
    "PersonCard",
    "PersonDirectory",
    "Place",
    "Proposed",
    "Sheet",
    "Submission",
    "Submitted",
    "Task",
    "Voided",
    "accept",
    "allowed",
    "attempt",
    "card_of",
    "case",
    "check",
    "close",
    "correct",
    "deal",
    "decline",
    "desk_of",
    "enrol",
    "hand_over",
    "history",
    "install_application",
    "member",
    "move_case",
    "open_case",
    "own_place",
    "propose",
    "submission",
    "submit",
    "system_desk",
    "void",
]
