"""FHIR codes as codes of the platform's value sets."""

from typing import Final

from exchange.fhir.codecs import table

GENDER: Final = table({"male": "1", "female": "2", "other": "9", "unknown": "0"})  # GB/T 2261.1
MARITAL: Final = table(  # v3-MaritalStatus → GB/T 2261.2
    {"S": "10", "U": "10", "M": "20", "C": "20", "P": "20", "T": "20", "W": "30", "D": "40", "A": "40", "I": "40", "L": "40"}
)
IDENTITY_DOCUMENT: Final = table({"NNCHN": "01", "NI": "01", "PPN": "03", "MI": "04", "DL": "05"}, other="99")
VISIT_KIND: Final = table({"AMB": "1", "EMER": "2", "OBSENC": "3", "IMP": "4", "ACUTE": "4", "NONAC": "4", "HH": "6"}, other="9")
RANGE_FLAG: Final = table({"N": "1", "H": "2", "HH": "2", "HU": "2", "L": "3", "LL": "3", "LU": "3"})
SEVERITY: Final = table({"mild": "1", "moderate": "2", "severe": "3"})
ALLERGEN_KIND: Final = table({"medication": "1", "food": "2", "environment": "3", "biologic": "9"})
SITE: Final = table({"LA": "1", "RA": "2", "LUA": "1", "RUA": "2"}, other="9")
ROUTE: Final = table({"SQ": "401", "IDINJ": "402", "IM": "403", "PO": "1"}, other="9")
OBSERVATION_ITEM: Final = table(  # LOINC → region_observation_item; other codes are mapped by the pipeline or kept
    {
        "8310-5": "1", "8867-4": "3", "9279-1": "4", "8480-6": "5", "8462-4": "6", "8302-2": "7", "29463-7": "8", "8280-0": "9",
        "59408-5": "10", "2708-6": "10", "1558-6": "11", "1521-4": "12", "15074-8": "13", "39156-5": "14",
    }
)  # fmt: skip
DOCUMENT_STATE: Final = table({"current": "1", "superseded": "2", "entered-in-error": "9"})

RESIDENT_ID: Final = "identifier[type.coding.code=NNCHN|NI].value"
RESIDENT_ID_TYPE: Final = "identifier[type.coding.code=NNCHN|NI].type.coding[code=NNCHN|NI].code"
OTHER_ID: Final = "identifier[type.coding.code=PPN|MI|DL].value"
OTHER_ID_TYPE: Final = "identifier[type.coding.code=PPN|MI|DL].type.coding[code=PPN|MI|DL].code"
RESIDENT_ID_SYSTEM: Final = "identifier[system=urn:oid:2.16.156.10011.1.3].value"
