"""Rules for a file by its header alone: the residents' columns as they are, else fields recognised by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from empi.definitions.general import general_field, general_rules
from empi.definitions.mapping import GENERAL_THRESHOLDS, InvalidMapping
from empi.definitions.residents import RESIDENTS
from empi.definitions.schema import FieldRule, Rules

_RECOGNISED: tuple[tuple[str, str], ...] = (
    (
        "identifier",
        "soc_sec_id ssn social_security_number national_id nhs_number nhs_no id_number identifier passport passport_number "
        "medicare_number mrn",
    ),
    ("birth", "dob date_of_birth birth_date birth_day"),
    ("sex", "sex gender"),
    ("phone", "phone phone_number telephone telephone_number mobile"),
    (
        "words",
        "given_name first_name forename surname last_name family_name middle_name full_name name street_number address_1 "
        "address_2 address street suburb city town postcode post_code postal_code postcode_fake zip zip_code birth_place "
        "place_of_birth occupation profession email",
    ),
    ("category", "state county region country nation nationality ethnicity"),
)
"""Kinds and the usual names of columns that hold them; case, blanks and underscores do not matter."""
_GIVEN = ("given_name", "first_name", "forename")
_FAMILY = ("surname", "last_name", "family_name")
_KEYS = ("rec_id", "unique_id", "record_id", "id", "uid", "patient_id")


def rules_for_header(header: Sequence[str]) -> Rules:
    """Rules that fit a header, whatever the case of its names.

    Raises:
        InvalidMapping: the key or all but one of the columns are not recognised; a mapping file is needed.
    """
    theirs = {_plain(name): name for name in reversed(header)}
    residents = _spelt(RESIDENTS, theirs)
    if {residents.key_column, *(theirs.get(_plain(c), "") for c in _TELLING)} <= set(header):
        return residents
    fields = _recognised(theirs)
    key = next((theirs[_plain(name)] for name in _KEYS if _plain(name) in theirs), "")
    if not key or len(fields) < 2:
        missing = f"a key ({', '.join(_KEYS)})" if not key else "two columns to compare"
        raise InvalidMapping(
            f"columns {', '.join(header)}: {missing} not recognised; describe them in a mapping file and give it with --columns"
        )
    return general_rules("recognised", fields, key, GENERAL_THRESHOLDS)


_TELLING = ("name", "birth_date", "id_no")


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()


def _spelt(rules: Rules, theirs: Mapping[str, str]) -> Rules:
    """The rules with the columns spelt as the file spells them."""

    def spelt(column: str) -> str:
        return theirs.get(_plain(column), column)

    return replace(
        rules,
        fields=tuple(replace(rule, columns=tuple(map(spelt, rule.columns))) for rule in rules.fields),
        key_column=spelt(rules.key_column),
        seen_column=spelt(rules.seen_column),
    )


def _recognised(theirs: Mapping[str, str]) -> tuple[FieldRule, ...]:
    given = next((theirs[_plain(name)] for name in _GIVEN if _plain(name) in theirs), "")
    family = next((theirs[_plain(name)] for name in _FAMILY if _plain(name) in theirs), "")
    kinds = {_plain(known): kind for kind, names in _RECOGNISED for known in names.split()}
    whole = {"fullname", "name"} if given and family else set()
    partners = _partners(given, family, list(theirs.values()))
    order = [kind for kind, _ in _RECOGNISED]
    found = [(kinds[plain], name) for plain, name in reversed(list(theirs.items())) if plain in kinds and plain not in whole]
    found.sort(key=lambda one: order.index(one[0]))
    return tuple(general_field(name, kind, (name,), partners.get(name, "")) for kind, name in found)


def _partners(given: str, family: str, names: list[str]) -> dict[str, str]:
    """Fields whose values clerks exchange."""
    pairs = [(given, family), ("address_1", "address_2")]
    return {a: b for one, two in pairs if one in names and two in names for a, b in ((one, two), (two, one))}
