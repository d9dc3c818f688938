"""What the Chinese shared documents call things: OIDs of WS/T 482, LOINC sections, data elements of WS 363.

Where a vendor's document lacks a code, nothing is guessed from a title: the document is kept whole in any case.
"""

from __future__ import annotations

from typing import Final

NAMESPACE: Final = "urn:hl7-org:v3"
DOCUMENT_CODES: Final = "2.16.156.10011.2.4"
ELEMENTS: Final = "2.16.156.10011.2.2.1"
ICD10: Final = "2.16.156.10011.2.3.3.11"
GENDER: Final = "2.16.156.10011.2.3.3.4"
LOINC: Final = "2.16.840.1.113883.6.1"
CONFIDENTIALITY: Final = "2.16.840.1.113883.5.25"

DOCUMENT_ID: Final = "2.16.156.10011.1.1"
ID_CARD: Final = "2.16.156.10011.1.3"
INSTITUTION: Final = "2.16.156.10011.1.5"
PLATFORM_PERSON: Final = "2.16.156.10011.0.2.1"
LOCAL_PERSON: Final = ("2.16.156.10011.0.2.2", "2.16.156.10011.1.11", "2.16.156.10011.1.12", "2.16.156.10011.1.13")
"""Local patient number first, then outpatient, inpatient and medical record number: the first that stands there counts."""
VISIT_NUMBERS: Final = ("2.16.156.10011.1.11", "2.16.156.10011.1.12")

DIAGNOSES: Final = frozenset({"29548-5", "11450-4", "46241-6", "11535-2", "10219-4", "10218-6"})
ALLERGIES: Final = "48765-2"
FAMILY: Final = "10157-6"
DRUGS: Final = "10160-0"
RESULTS: Final = "30954-2"
OPERATIONS: Final = "47519-4"
VACCINATIONS: Final = "11369-6"
VISITS: Final = "46240-8"
"""LOINC history of encounters; WS/T 500 names none for it (待确认)."""

DIAGNOSIS_CODE: Final = "DE05.01.024.00"
DIAGNOSIS_NAME: Final = "DE05.01.025.00"
ALLERGY_FLAG: Final = "DE02.10.023.00"
ALLERGEN: Final = "DE02.10.022.00"
"""WS 363 data elements of the sections (待确认 against the printed edition)."""

SUMMARY: Final = "C0001"
SUMMARY_TEMPLATE: Final = "2.16.156.10011.2.1.1.21"
SUMMARY_TITLE: Final = "病历概要"
