"""Whose row it is: PID as every dataset names it."""

from typing import Final

from exchange.hl7v2.definitions.codes import COUNTRY, GENDER, IDENTITY_DOCUMENT, MARITAL
from exchange.hl7v2.mapping import AnyColumn, Column, compose, take
from exchange.hl7v2.readers import constant_if_present, day, incomplete_day

LOCAL_ID: Final = ("PID-3[5=MR|PI|PT|MRN|HR].1", "PID-3.1", "PID-2.1")
PRIOR_ID: Final = ("MRG-1[5=MR|PI|PT|MRN|HR].1", "MRG-1.1")
"""The number a merge gives up, chosen as the one it keeps."""
_CARD: Final = "PID-3[5=NNCHN|NI|ID]"
_OTHER_CARD: Final = "PID-3[5=PPN|MI|DL|PRC]"


def _document(field: str) -> Column:
    return take(field, f"{_CARD}.1", "PID-19.1", f"{_OTHER_CARD}.1")


def _document_type(field: str) -> tuple[Column, ...]:
    return (
        take(field, f"{_CARD}.5", read=IDENTITY_DOCUMENT),
        take(field, "PID-19.1", read=constant_if_present("01")),
        take(field, f"{_OTHER_CARD}.5", read=IDENTITY_DOCUMENT),
    )


NAME: Final = compose("patient_name", "PID-5.1", "PID-5.2", "PID-5.3")
PHONE_PLACES: Final = ("PID-13.1", "PID-13.12", "PID-13.7", "PID-40.12", "PID-14.1")

FRONT_PERSON: Final[tuple[AnyColumn, ...]] = (
    take("patient_id", *LOCAL_ID),
    NAME,
    *_document_type("id_card_type_code"),
    _document("id_card"),
)
"""How the front-end datasets repeat their patient."""

REGION_PERSON: Final[tuple[AnyColumn, ...]] = (
    take("patient_id", *LOCAL_ID),
    NAME,
    *_document_type("id_type"),
    _document("id_number"),
    take("gender", "PID-8", read=GENDER),
    take("birth_date", "PID-7", read=day),
    take("birth_date_incomplete", "PID-7", read=incomplete_day),
    take("phone", *PHONE_PLACES),
)
"""How the regional datasets repeat their patient."""

REGISTER: Final[tuple[AnyColumn, ...]] = (
    take("id", *LOCAL_ID),
    NAME,
    *_document_type("id_card_type_code"),
    _document("id_card"),
    take("gender_code", "PID-8", read=GENDER),
    take("birth_date", "PID-7", read=day),
    take("birth_date_incomplete", "PID-7", read=incomplete_day),
    take("nationality_code", "PID-26.1", "PID-28.1", read=COUNTRY),
    take("nation_code", "PID-22[3=GB/T 3304|GB3304|CV02.01.003].1"),
    take("nation_name", "PID-22.2"),
    compose("current_addr_detail", "PID-11.4", "PID-11.3", "PID-11.8", "PID-11.1", "PID-11.2"),
    take("current_addr_code", "PID-11.9"),
    take("workunit", "NK1-13.1"),
    take("marital_status_code", "PID-16.1", read=MARITAL),
    take("tel", *PHONE_PLACES),
    compose("contacts", "NK1-2.1", "NK1-2.2"),
    take("contacts_tel", "NK1-5.1", "NK1-5.12", "NK1-5.7"),
    take("education_code", "PID-41.1"),
    take("mother_name", "PID-6.1"),
    take("account_no", "PID-18.1"),
)
"""The patient register: what an ADT message tells of a person. The last ones are kept beside the defined fields."""
