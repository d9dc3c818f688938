"""HL7 tables as codes of the platform's value sets."""

from typing import Final

from exchange.hl7v2.readers import table

GENDER: Final = table({"M": "1", "F": "2", "O": "9", "A": "9", "N": "9", "U": "0"})  # HL70001 → GB/T 2261.1
MARITAL: Final = table(  # HL70002 → GB/T 2261.2
    {"S": "10", "N": "10", "M": "20", "C": "20", "P": "20", "W": "30", "D": "40", "A": "20", "U": "90", "T": "90", "O": "90"}
)
COUNTRY: Final = table({"CN": "156", "CHN": "156", "HK": "344", "HKG": "344", "MO": "446", "TW": "158"})  # GB/T 2659
IDENTITY_DOCUMENT: Final = table(  # HL70203 → CV02.01.101
    {"NNCHN": "01", "NI": "01", "ID": "01", "SS": "99", "PPN": "03", "MI": "04", "DL": "05", "PRC": "99"}, other="99"
)
VISIT_KIND: Final = table({"O": "1", "R": "1", "P": "9", "E": "2", "B": "4", "I": "4", "C": "9", "N": "9", "U": "9"})
ACTIVITY_TYPE: Final = table({"O": "1", "R": "1", "E": "2", "I": "6", "B": "6"}, other="")  # front_activity_type
ADMISSION_ROUTE: Final = table({"1": "2", "2": "2", "4": "3", "5": "3", "6": "3", "7": "1", "9": "9"}, other="9")
DISCHARGE_MODE: Final = table({"01": "1", "02": "2", "03": "3", "05": "2", "07": "4", "20": "5"}, other="9")
ALLERGEN_KIND: Final = table({"DA": "1", "MA": "9", "FA": "2", "EA": "3", "AA": "3", "LA": "3", "PA": "3", "MC": "9"})
SEVERITY: Final = table({"MI": "1", "MO": "2", "SV": "3", "U": ""})
DIAGNOSIS_KIND: Final = table({"A": "1", "W": "2", "F": "3"})
RANGE_FLAG: Final = table(
    {"N": "1", "H": "2", "HH": "2", ">": "2", "HU": "2", "L": "3", "LL": "3", "<": "3", "LU": "3", "": ""}, other=""
)
VACCINATION_SITE: Final = table(
    {"LA": "1", "LD": "1", "LUA": "1", "RA": "2", "RD": "2", "RUA": "2", "LT": "3", "LLFA": "3", "RT": "4", "RLFA": "4"},
    other="9",
)
VACCINATION_ROUTE: Final = table({"SC": "401", "ID": "402", "IM": "403", "PO": "1"}, other="9")
MEDIA_TYPE: Final = table(
    {"PDF": "application/pdf", "RTF": "application/rtf", "HTML": "text/html", "XML": "text/xml", "JPEG": "image/jpeg",
     "PNG": "image/png", "TIFF": "image/tiff", "DICOM": "application/dicom", "PLAIN": "text/plain"},
)  # fmt: skip
