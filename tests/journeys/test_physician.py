"""The physician's way through a record, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.journeys.conftest import Site, axe_findings, overflow
from tests.journeys.patient import ID_NUMBER, NAME, PHONE

pytestmark = pytest.mark.system("C10", "A07")


def test_overview_says_what_matters_first(site: Site, open_page: Callable[..., Any]) -> None:
    page = open_page(f"/record/{site.person_id}", site.physician())
    banner = page.locator("header.bn").inner_text()
    assert NAME in banner and "阿莫西林（休克）" in banner and "磺胺" in banner
    assert "INR" in page.locator(".alert.critical").inner_text() or "血钾" in banner
    assert "在用 阿莫西林胶囊" in banner
    assert overflow(page) == 0
    assert page.locator("*").count() <= 2500
