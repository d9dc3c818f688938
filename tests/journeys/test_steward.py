"""A data steward clears questions by keyboard alone: list, side by side, decide, next, take back; a second person approves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from empi.api import counts, register
from health_platform.kernel.scope import system_scope
from tests.empi_service.test_steward import people
from tests.journeys.conftest import Site, axe_findings, overflow

pytestmark = pytest.mark.system("A10")
RIGHTS = {"empi.review.read", "empi.review.answer", "empi.model.edit", "session"}


def waiting(site: Site) -> int:
    with site.platform.database.unit_of_work(system_scope("test")) as session:
        return sum(counts(session).values())


def press(page: Any, key: str) -> None:
    """A key that leads to another page."""
    with page.expect_navigation():
        page.keyboard.press(key)
    page.wait_for_load_state()


def test_questions_are_cleared_by_keyboard_and_a_second_person_approves(site: Site, open_page: Callable[..., Any]) -> None:
    with site.platform.database.unit_of_work(system_scope("test")) as session:
        register(session, people(6))
    asked = waiting(site)
    first, second = (site.acting(name=name, id=number, permissions=RIGHTS) for name, number in (("甲", 71), ("乙", 72)))
    page = open_page("/console/empi/reviews", first)
    page.keyboard.press("j")
    press(page, "Enter")
    assert "证据瀑布图" in page.inner_text("main")
    assert axe_findings(page) == [] and overflow(page) == 0
    for _ in range(2):
        press(page, "s")
    press(page, "d")
    assert waiting(site) == asked - 3
    assert "上一条已判定“不是同一人”" in page.inner_text("main")
    press(page, "u")
    assert waiting(site) == asked - 2, "the answer is taken back and the question shown again"
    press(page, "s")
    assert waiting(site) == asked - 3

    assert page.request.put(f"{site.url}/api/v1/empi/policies/4115", data={"two_persons": True}).ok
    question = page.url.split("?")[0]
    press(page, "s")
    assert waiting(site) == asked - 3, "one voice changes nothing"
    other = open_page(question.removeprefix(site.url), second)
    assert "甲 测试机构 已判定“同一人”" in other.inner_text("main")
    press(other, "s")
    assert waiting(site) == asked - 4
