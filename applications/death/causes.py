"""ICD-10 ranges of causes of death as patterns for expressions (RE2), with what they mean.

Ranges of the three broad classes and of codes unfit as an underlying cause follow the practice of the national cause-of-death
surveillance; they are from memory in part and therefore 待确认: a new edition is a new version of the certificate form.
"""

from __future__ import annotations

GARBAGE = r"(R[0-8][0-9]|R9[0-4]|R9[6-9]|I46|I50|J96|Y1[0-9]|Y2[0-9]|Y3[0-4]|C76|C80).*"
"""Symptoms, modes of dying, ill-defined and undetermined codes. R95 (sudden infant death) is a cause."""

INJURY_NATURE = r"[ST].*"
"""Nature of an injury: the underlying cause of such a death is the external cause, V01–Y98."""

EXTERNAL = r"[VWXY].*"

COMMUNICABLE = (
    r"([AB][0-9]|G0[0-4]|N7[0-7]|J0[0-6]|J1[0-8]|J2[0-2]|H6[56]|O[0-9]|P[0-8][0-9]|P9[0-6]|E0[0-2]|E4[0-6]|E5|E6[0-4]|D5[0-3]).*"
)
"""Class I: communicable, maternal, perinatal and nutritional conditions."""

MATERNAL = r"O[0-9].*"
FEMALE_ONLY = r"(C5[1-8]|D0[67]\.[0-3]|D2[5-8]|N7[0-7]|N8[0-9]|N9[0-8]|O[0-9]).*"
MALE_ONLY = r"(C6[0-3]|D29|N4[0-9]|N5[01]).*"
PREMATURE = r"(C[0-8][0-9]|C9[0-7]|I[0-9]|J[3-8][0-9]|J9[0-8]|E1[0-4]).*"
"""Cancer, cardiovascular, chronic respiratory disease and diabetes: premature between 30 and 69 years (SDG 3.4.1)."""
