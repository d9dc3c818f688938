"""Rules for a file by its header alone: the residents' columns as they are, else fields recognised by name."""

from __future__ import annotations

from collections.abc import Sequence

from empi.definitions.general import general_field, general_rules
from empi.definitions.mapping import GENERAL_THRESHOLDS, InvalidMapping
from empi.definitions.residents import RESIDENTS
from empi.definitions.schema import FieldRule, Rules

_RECOGNISED: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "identifier",
        (
            "soc_sec_id",
            "ssn",
            "social_security_number",
            "national_id",
            "nhs_number",
            "id_number",
            "passport",
            "medicare_number",
            "mrn",
        ),
    ),
    ("birth", ("dob", "date_of_birth", "birth_date", "birthdate", "birthday")),
    ("sex", ("sex", "gender")),
    ("phone", ("phone", "phone_number", "telephone", "mobile")),
    (
        "words",
        (
            "given_name",
            "first_name",
            "forename",
            "surname",
            "last_name",
            "family_name",
            "middle_name",
            "full_name",
            "name",
            "street_number",
            "address_1",
            "address_2",
            "address",
            "street",
            "suburb",
            "city",
            "town",
            "postcode",
            "zip",
            "zip_code",
            "postcode_fake",
            "birth_place",
            "place_of_birth",
            "occupation",
            "email",
        ),
    ),
    ("category", ("state", "county", "region", "country", "nation", "ethnicity")),
)
_GIVEN = ("given_name", "first_name", "forename")
_FAMILY = ("surname", "last_name", "family_name")
_KEYS = ("rec_id", "unique_id", "record_id", "id", "uid")


def rules_for_header(header: Sequence[str]) -> Rules:
    """Rules that fit a header.

    Raises:
        InvalidMapping: fewer than two columns are recognised; a mapping file is needed.
    """
    names = [name.strip() for name in header]
    ours = {c for rule in RESIDENTS.fields for c in rule.columns}
    if RESIDENTS.key_column in names and {"name", "birth_date", "id_no"} <= set(names) & ours:
        return RESIDENTS
    fields = _recognised(names)
    key = next((name for name in _KEYS if name in names), "")
    if not key or len(fields) < 2:
        raise InvalidMapping(f"columns {', '.join(names)} are not recognised: give a mapping file with --columns")
    return general_rules("recognised", fields, key, GENERAL_THRESHOLDS)


def _recognised(names: list[str]) -> tuple[FieldRule, ...]:
    given = next((name for name in _GIVEN if name in names), "")
    family = next((name for name in _FAMILY if name in names), "")
    partners = _partners(given, family, names)
    split = bool(given and family)
    fields = []
    for kind, known in _RECOGNISED:
        for name in names:
            if name not in known or (split and name in ("full_name", "name")):
                continue
            fields.append(general_field(name, kind, (name,), partners.get(name, "")))
    return tuple(fields)


def _partners(given: str, family: str, names: list[str]) -> dict[str, str]:
    """Fields whose values clerks exchange."""
    pairs = [(given, family), ("address_1", "address_2")]
    return {a: b for one, two in pairs if one in names and two in names for a, b in ((one, two), (two, one))}
