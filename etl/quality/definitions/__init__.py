"""The rules that come with the platform, one file per group of datasets."""

from __future__ import annotations

from etl.quality.definitions import clinical, families, inpatient, public_health, services
from etl.quality.rules import Rule

SHIPPED: tuple[Rule, ...] = tuple(
    rule for group in (families, clinical, inpatient, services, public_health) for rule in group.rules()
)
"""Shipped rules; limits of age and value that a norm does not state are experience and may be changed by administrators."""
