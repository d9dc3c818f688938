"""Nothing is concluded before it was answered: on a blank form no computed field tells a class, a degree or a sum of money."""

from __future__ import annotations

from decimal import Decimal

import pytest

from health_platform.engine.api import Application, Catalogue, Form
from health_platform.expressions.api import names
from tests.applications.every import APPLICATIONS

pytestmark = pytest.mark.system("A12")

CATALOGUE = Catalogue()
for one in APPLICATIONS:
    CATALOGUE.add(one)
COMPUTING = [
    pytest.param(one, form, id=form.code) for one in APPLICATIONS for form in one.forms if any(f.value for f in form.fields)
]


@pytest.mark.parametrize(("application", "form"), COMPUTING)
def test_a_blank_form_concludes_nothing(application: Application, form: Form) -> None:
    environment = CATALOGUE.form_environment(form)
    parameters = {param.code: Decimal(str(param.default)) for param in application.params}
    own = {field.code for field in form.fields}
    told = {
        field.label: value
        for field in form.fields
        if field.value and own & set(names(environment.node(field.value)))
        if (value := environment.value(field.value, {}, parameters)) is not None
    }
    assert told == {}


def test_there_is_something_to_test() -> None:
    assert len(COMPUTING) >= 8
