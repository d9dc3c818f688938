"""Patients and staff."""

from typing import Final

from exchange.fhir.codecs import ADDRESS, DAY, NAME, PARTIAL_DAY, Codec, cut
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
from exchange.fhir.mapping import Column, FromPatient, Own, ResourceMap, always, element, from_patient, refers

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

SUBJECT: Final[tuple[Column, ...]] = (
    refers("patient_id", "subject", "Patient"),
    *(
        from_patient(field, place, codec)
        for field, place, codec in (
            ("patient_name", "name[0]", NAME),
            ("id_number", RESIDENT_ID, cut(50)),
            ("id_number", RESIDENT_ID_SYSTEM, cut(50)),
            ("id_type", RESIDENT_ID_TYPE, IDENTITY_DOCUMENT),
            ("id_type", RESIDENT_ID_SYSTEM, _IS_RESIDENT_ID),
            ("gender", "gender", GENDER),
            ("birth_date", "birthDate", DAY),
            ("phone", "telecom[system=phone].value", cut(70)),
        )
    ),
)
"""Whose row it is, for resources with ``subject``, as the regional datasets name it."""

SUBJECT_AS_PATIENT: Final[tuple[Column, ...]] = (refers("patient_id", "patient", "Patient"), *SUBJECT[1:])
"""The same for resources with ``patient``."""

FRONT_SUBJECT: Final[tuple[Column, ...]] = (
    refers("patient_id", "subject", "Patient"),
    *(
        FromPatient({"id_number": "id_card", "id_type": "id_card_type_code"}.get(one.field, one.field), one.place, one.codec)
        for one in SUBJECT
        if isinstance(one, FromPatient) and one.field in ("patient_name", "id_number", "id_type")
    ),
)
"""The same as the front-end datasets name it."""

PRACTITIONER: Final = ResourceMap(
    "Practitioner",
    "base_user",
    (
        Own("id"),
        element("user_name", "name[0]", codec=NAME),
        element("id_card", RESIDENT_ID),
        element("id_card_type_code", RESIDENT_ID_TYPE, codec=IDENTITY_DOCUMENT),
        element("tel", "telecom[system=phone].value"),
        element("physician_no", "qualification[0].identifier[0].value", codec=cut(50)),
        element("create_time", "meta.lastUpdated"),
        element("invalid_flag", "active", codec=_DELETED),
        always("user_type_code", "2"),
    ),
)

MAPS: Final = (PATIENT, PRACTITIONER)
