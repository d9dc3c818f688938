"""Every application of the platform, indexed, with the environments of their expressions."""

from __future__ import annotations

from collections.abc import Callable

from health_platform.engine import environments
from health_platform.engine.definitions.application import Application
from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.indicators import Rows
from health_platform.engine.definitions.naming import require
from health_platform.engine.definitions.registers import Register
from health_platform.engine.definitions.workflows import Workflow
from health_platform.engine.environments import Environment
from health_platform.kernel.errors import NotFound


class Catalogue:
    """The applications a platform runs. Codes of forms, registers and workflows are unique over all of them."""

    def __init__(self) -> None:
        self.applications: dict[str, Application] = {}
        self._homes: dict[tuple[str, str], Application] = {}
        self._environments: dict[tuple[str, str], Environment] = {}

    def add(self, application: Application) -> None:
        """Take an application in.

        Raises:
            DefinitionError: its code, or that of one of its parts, is taken.
        """
        require(application.code not in self.applications, f"application {application.code} is defined twice")
        self.applications[application.code] = application
        for kind, parts in (
            ("form", application.forms),
            ("register", application.registers),
            ("workflow", application.workflows),
            ("indicator", application.indicators),
            ("rows", application.datasets),
        ):
            for part in parts:
                taken = self._homes.setdefault((kind, part.code), application)
                require(taken is application, f"{kind} {part.code} is defined by {taken.code} and by {application.code}")

    def application(self, code: str) -> Application:
        """An application by code.

        Raises:
            NotFound: ``engine.application``.
        """
        if code not in self.applications:
            raise NotFound("engine.application", name=code)
        return self.applications[code]

    def home(self, kind: str, code: str) -> Application:
        """The application that defines a form, register, workflow or indicator."""
        if (kind, code) not in self._homes:
            raise NotFound("engine.definition", kind=kind, name=code)
        return self._homes[kind, code]

    def register(self, code: str) -> Register:
        """A register by code."""
        return self.home("register", code).register(code)

    def form(self, code: str) -> Form:
        """A form by code, in its present version."""
        return self.home("form", code).form(code)

    def workflow(self, code: str) -> Workflow:
        """A workflow by code."""
        return self.home("workflow", code).workflow(code)

    def knows(self, kind: str, code: str) -> bool:
        """Whether something of this kind and code is defined."""
        return (kind, code) in self._homes

    def form_environment(self, form: Form) -> Environment:
        """What a form's own expressions may name."""
        return self._kept("form", form.code, lambda: environments.of_form(self.home("form", form.code), form))

    def row_environment(self, form: Form) -> Environment:
        """What indicators over a form's submissions may name."""
        return self._kept("row", form.code, lambda: environments.of_rows(self.home("form", form.code), form))

    def dataset_environment(self, rows: Rows) -> Environment:
        """What indicators over the rows of a dataset may name."""
        home = self.home("rows", rows.code)
        return self._kept("rows", rows.code, lambda: environments.of_dataset(home, rows))

    def member_environment(self, register: Register) -> Environment:
        """What indicators over a register's members may name."""
        home = self.home("register", register.code)
        return self._kept("member", register.code, lambda: environments.of_members(home, register))

    def case_environment(self, workflow: Workflow) -> Environment:
        """What guards of a workflow may name."""
        home = self.home("workflow", workflow.code)
        return self._kept("case", workflow.code, lambda: environments.of_case(home, workflow))

    def _kept(self, kind: str, code: str, make: Callable[[], Environment]) -> Environment:
        """Environments keep their parsed expressions, so each is made once."""
        if (kind, code) not in self._environments:
            self._environments[kind, code] = make()
        return self._environments[kind, code]
