"""The words a capability is written with: ``from health_platform.engine.definitions.api import ...``."""

from health_platform.engine.definitions.application import Application, Hook
from health_platform.engine.definitions.fields import (
    Choice,
    Choices,
    Coded,
    Day,
    Field,
    Number,
    Pick,
    Text,
    Unit,
    YesNo,
)
from health_platform.engine.definitions.forms import Form, Rule, Section, Signature, form
from health_platform.engine.definitions.indicators import Counting, Indicator, Population, Rows, Tally
from health_platform.engine.definitions.naming import Option, Param, Span, days, hours, months, options
from health_platform.engine.definitions.prompts import Prompt
from health_platform.engine.definitions.registers import Closing, Mark, Register, Shown
from health_platform.engine.definitions.schedules import Milestone, Milestones, PerPeriod, Recurring, Schedule, Step
from health_platform.engine.definitions.workflows import CLOCK, Party, State, Transition, Workflow

__all__ = [
    "CLOCK",
    "Application",
    "Choice",
    "Choices",
    "Closing",
    "Coded",
    "Counting",
    "Day",
    "Field",
    "Form",
    "Hook",
    "Indicator",
    "Mark",
    "Milestone",
    "Milestones",
    "Number",
    "Option",
    "Param",
    "Party",
    "PerPeriod",
    "Pick",
    "Population",
    "Prompt",
    "Recurring",
    "Register",
    "Rows",
    "Rule",
    "Schedule",
    "Section",
    "Shown",
    "Signature",
    "Span",
    "State",
    "Step",
    "Tally",
    "Text",
    "Transition",
    "Unit",
    "Workflow",
    "YesNo",
    "days",
    "form",
    "hours",
    "months",
    "options",
]
