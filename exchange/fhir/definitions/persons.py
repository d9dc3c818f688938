"""Patients and staff."""

from typing import Final

from exchange.fhir.codecs import ADDRESS, DAY, NAME, PARTIAL_DAY, Codec, cut, read_only
from exchange.fhir.definitions.translations import (
    GENDER,
    IDENTITY_DOCUMENT,
    MARITAL,
    OTHER_ID,
    OTHER_ID_TYPE,
    RESIDENT_ID,
    RESIDENT_ID_SYSTEM,
    RESIDENT_ID_TYPE,
)
from exchange.fhir.mapping import Own, PatientFields, ResourceMap, always, element, refers

_DOCUMENT: Final = (RESIDENT_ID, RESIDENT_ID_SYSTEM, OTHER_ID)
_IS_RESIDENT_ID: Final = Codec(lambda value: "01" if value else "", lambda text: None)
_DELETED: Final = Codec(lambda value: "1" if value is False else "0", lambda text: text != "1")

PATIENT: Final = ResourceMap(
    "Patient",
    "emr_patient_info",
    (
        Own("id"),
        element("patient_name", "name[use=official]", "name[0]", codec=NAME),
        element("id_card", *_DOCUMENT),
        element("id_card_type_code", RESIDENT_ID_TYPE, OTHER_ID_TYPE, codec=IDENTITY_DOCUMENT),
        element("id_card_type_code", RESIDENT_ID_SYSTEM, codec=_IS_RESIDENT_ID),
        element("gender_code", "gender", codec=GENDER),
        element("birth_date", "birthDate", codec=DAY),
        element("birth_date_incomplete", "birthDate", codec=PARTIAL_DAY),
        element("current_addr_detail", "address[0]", codec=ADDRESS),
        element("marital_status_code", "maritalStatus.coding[0].code", codec=MARITAL),
        element("tel", "telecom[system=phone].value"),
        element("contacts", "contact[0].name", codec=NAME),
        element("contacts_tel", "contact[0].telecom[system=phone].value"),
        element("invalid_flag", "active", codec=_DELETED),
        element("operation_time", "meta.lastUpdated"),
    ),
)

SUBJECT: Final = refers("patient_id", "subject", "Patient")
PATIENT_SUBJECT: Final = refers("patient_id", "patient", "Patient")

REGION_PATIENT: Final = PatientFields(
    "region",
    (
        element("patient_name", "name[use=official]", "name[0]", codec=NAME),
        element("id_number", *_DOCUMENT),
        element("id_type", RESIDENT_ID_TYPE, OTHER_ID_TYPE, codec=IDENTITY_DOCUMENT),
        element("id_type", RESIDENT_ID_SYSTEM, codec=_IS_RESIDENT_ID),
        element("gender", "gender", codec=GENDER),
        element("birth_date", "birthDate", codec=DAY),
        element("phone", "telecom[system=phone].value", codec=cut(70)),
    ),
)
"""What the regional datasets repeat of the patient."""

FRONT_PATIENT: Final = PatientFields(
    "front",
    (
        element("patient_name", "name[use=official]", "name[0]", codec=NAME),
        element("id_card", *_DOCUMENT),
        element("id_card_type_code", RESIDENT_ID_TYPE, OTHER_ID_TYPE, codec=IDENTITY_DOCUMENT),
        element("id_card_type_code", RESIDENT_ID_SYSTEM, codec=_IS_RESIDENT_ID),
    ),
)
"""What the front-end datasets repeat of the patient."""

PRACTITIONER: Final = ResourceMap(
    "Practitioner",
    "base_user",
    (
        Own("id"),
        element("user_name", "name[0]", codec=NAME),
        element("id_card", RESIDENT_ID),
        element("id_card_type_code", RESIDENT_ID_TYPE, codec=IDENTITY_DOCUMENT),
        element("tel", "telecom[system=phone].value"),
        element("physician_no", "qualification[0].identifier[0].value", codec=read_only(cut(50))),
        element("create_time", "meta.lastUpdated"),
        element("invalid_flag", "active", codec=_DELETED),
        always("user_type_code", "2"),
    ),
)

MAPS: Final = (PATIENT, PRACTITIONER)
