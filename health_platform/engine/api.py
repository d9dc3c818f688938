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
from health_platform.engine.answers import Filled
from health_platform.engine.bodies import person_subject
from health_platform.engine.caring import caring
from health_platform.engine.cases import Move, allowed, case, move_case, open_case, trial_of_case
from health_platform.engine.catalogue import Catalogue
from health_platform.engine.checks import check
from health_platform.engine.declaring import declare
from health_platform.engine.definitions.api import *  # noqa: F403  # the words of definitions are part of this door
from health_platform.engine.definitions.api import __all__ as _words
from health_platform.engine.demonstrating import demonstrate
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
from health_platform.engine.filling import Subject
from health_platform.engine.following import merge as merge_persons
from health_platform.engine.following import unmerge as unmerge_persons
from health_platform.engine.indicators.asking import Behind, Happened, ask, happened, people
from health_platform.engine.indicators.figures import Figures, figures_of
from health_platform.engine.indicators.figures import listed as list_figures
from health_platform.engine.indicators.question import Cell, Line, Period, Question
from health_platform.engine.installing import install_application
from health_platform.engine.lists import (
    AlertFilter,
    CaseFilter,
    Found,
    Load,
    MemberFilter,
    TaskFilter,
    counts,
    open_alerts,
    workload,
)
from health_platform.engine.lists import alerts as find_alerts
from health_platform.engine.lists import cases as find_cases
from health_platform.engine.lists import members as find_members
from health_platform.engine.lists import tasks as find_tasks
from health_platform.engine.members import (
    ENDINGS,
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
from health_platform.engine.planning import tasks_of
from health_platform.engine.ports import Areas, CodeNames, PersonCard, PersonDirectory, SignatureAuthority
from health_platform.engine.protecting import veiled
from health_platform.engine.protecting_cases import takes_part
from health_platform.engine.renewing import renew, renewable, renewal
from health_platform.engine.routes_application import (
    IndicatorQuery,
    PeopleQuery,
    YearQuery,
    happened_view,
    people_view,
    question_of,
)
from health_platform.engine.schemas import AlertQuery, CaseQuery, CloseIn, HandOverIn, LoadQuery, MemberQuery, NoteIn, TaskQuery
from health_platform.engine.sheets import FileIn
from health_platform.engine.submitting import (
    Sheet,
    attempt,
    attempt_entry,
    blank,
    correct,
    history,
    submission,
    submit,
    void,
)
from health_platform.engine.views import (
    alert_view,
    case_line,
    case_lines,
    case_view,
    member_view,
    member_views,
    person_view,
    submission_view,
    task_views,
)

__all__ = [  # noqa: PLE0604  # names of definitions.api are strings too
    *_words,
    "ENDINGS",
    "Alert",
    "AlertFilter",
    "AlertQuery",
    "AlertRaised",
    "Areas",
    "Behind",
    "Case",
    "CaseFilter",
    "CaseMoved",
    "CaseQuery",
    "Catalogue",
    "Cell",
    "CloseIn",
    "Closed",
    "CodeNames",
    "Desk",
    "Enrolled",
    "Enrolment",
    "Figure",
    "Figures",
    "FileIn",
    "Filled",
    "Found",
    "Happened",
    "HandOverIn",
    "IndicatorQuery",
    "Line",
    "Load",
    "LoadQuery",
    "MemberChanged",
    "MemberFilter",
    "MemberQuery",
    "Move",
    "Newcomer",
    "NoteIn",
    "PeopleQuery",
    "Period",
    "PersonCard",
    "PersonDirectory",
    "Place",
    "Proposed",
    "Question",
    "Sheet",
    "SignatureAuthority",
    "Subject",
    "Submission",
    "Submitted",
    "Task",
    "TaskFilter",
    "TaskQuery",
    "Voided",
    "YearQuery",
    "accept",
    "alert_view",
    "allowed",
    "ask",
    "attempt",
    "attempt_entry",
    "blank",
    "card_of",
    "caring",
    "case",
    "case_line",
    "case_lines",
    "case_view",
    "check",
    "close",
    "correct",
    "counts",
    "deal",
    "declare",
    "decline",
    "demonstrate",
    "desk_of",
    "enrol",
    "figures_of",
    "find_alerts",
    "find_cases",
    "find_members",
    "find_tasks",
    "hand_over",
    "happened",
    "happened_view",
    "history",
    "install_application",
    "list_figures",
    "member",
    "member_view",
    "member_views",
    "merge_persons",
    "move_case",
    "open_alerts",
    "open_case",
    "own_place",
    "people",
    "people_view",
    "person_subject",
    "person_view",
    "propose",
    "question_of",
    "renew",
    "renewable",
    "renewal",
    "submission",
    "submission_view",
    "submit",
    "system_desk",
    "takes_part",
    "task_views",
    "tasks_of",
    "trial_of_case",
    "unmerge_persons",
    "veiled",
    "void",
    "workload",
]
