"""What can be wrong with a definition, and with one value."""

from __future__ import annotations

from health_platform.kernel.errors import DefinitionError

__all__ = ["BadValue", "DefinitionError"]


class BadValue(ValueError):
    """One value that its field refuses.

    Attributes:
        rule: code name of the rule, e.g. ``"max_length"``.
        problem: Chinese sentence for the sender, naming what is wrong with the value.
    """

    def __init__(self, rule: str, problem: str) -> None:
        super().__init__(problem)
        self.rule = rule
        self.problem = problem
