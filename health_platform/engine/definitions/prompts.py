"""What the platform says by itself: a hint while a form is filled in, or an alert that stays until somebody deals with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.naming import named, require


@dataclass(frozen=True)
class Prompt:
    """Shown while ``form`` is filled in, as soon as ``when`` holds; a ``kept`` one also stands in the alert list of the unit
    after the submission, until somebody writes what was done."""

    code: str
    label: str
    form: Form
    when: str
    text: str
    level: Literal["info", "warn", "urgent"] = "warn"
    kept: bool = False
    basis: str = ""

    def __post_init__(self) -> None:
        named("prompt", self.code, self.label)
        require(bool(self.when and self.text), f"prompt {self.code}: says nothing or never")
