"""What journeys through the pages of a capability do: answer a form as a person does, save it, look at the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tests.journeys.conftest import axe_findings, overflow, says
from tests.support.clinic import Clinic

if TYPE_CHECKING:
    from playwright.sync_api import Page


class Opener(Protocol):
    """``open_page(clinic, path)``: a page as that caller sees it, as wide as a screen or, with 390, as a telephone."""

    def __call__(self, who: Clinic, path: str, width: int = 1366) -> Page: ...


def checked(page: Page, *words: str) -> None:
    """The page says so, fits its window and is accessible."""
    says(page, *words)
    page.evaluate("window.scrollTo(0, 0)")  # what lies under the bar at the top is not to be hit there
    assert overflow(page) == 0
    findings = axe_findings(page)
    assert findings == []


def choose(page: Page, field: str, label: str) -> None:
    """One of the options that stand there, or of a list."""
    box = page.locator(f"[data-field={field}]")
    if box.get_attribute("data-kind") == "select":
        box.locator("select").select_option(label=label)
    else:
        box.get_by_label(label, exact=True).check()


def answer(page: Page, **labels: str) -> None:
    """Choose an option for each field."""
    for field, label in labels.items():
        choose(page, field, label)


def write(page: Page, **answers: str) -> None:
    """Type an answer into each field."""
    for field, text in answers.items():
        page.fill(f"#f-{field}", text)


def save(page: Page) -> None:
    """Press 保存."""
    page.get_by_role("button", name="保存").click()


def refused(page: Page, field: str, words: str) -> None:
    """Saving is refused, and why is said beside the field."""
    save(page)
    page.locator(f"[data-field={field}] .error", has_text=words).wait_for()


def asked(page: Page, words: str) -> None:
    """Saving asks whether it is meant; it is."""
    save(page)
    page.get_by_role("alertdialog").filter(has_text=words).get_by_role("button", name="确定").click()


def end(page: Page, reason: str) -> None:
    """Press 结案, give the reason and mean it."""
    page.get_by_role("button", name="结案").click()
    page.locator("#close select").select_option(label=reason)
    page.locator("#close button.primary").click()
    page.get_by_role("button", name="确定").click()
