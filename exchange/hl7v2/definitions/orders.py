"""Orders and prescriptions: a header per ORC group, and an item for every drug of it."""

from typing import Final

from exchange.hl7v2.definitions.codes import ACTIVITY_TYPE
from exchange.hl7v2.definitions.persons import FRONT_PERSON
from exchange.hl7v2.mapping import MessageKind, RowMap, compose, take
from exchange.hl7v2.readers import at_most, constant_if_present, cut, moment

_ORDER_NO: Final = ("ORC-2.1", "OBR-2.1", "ORC-3.1", "OBR-3.1", "ORC-4.1", "MSH-10")
_ORDERED: Final = ["OBR-4.1", "OBR-4.2", "RXO-1.1", "RXO-1.2", "RXE-2.1", "RXE-2.2", "RXD-2.1", "RXD-2.2"]

ORDER: Final = RowMap(
    "emr_order",
    "ORC",
    2,
    (
        compose("id", _ORDER_NO, _ORDERED, separator="."),
        *FRONT_PERSON,
        take("serial_number", "PV1-19.1", "PID-18.1"),
        take("activity_type_code", "PV1-2", read=ACTIVITY_TYPE),
        take("prescription_no", *_ORDER_NO, read=at_most(30)),
        take("prescription_issuance_date", "ORC-9.1", "ORC-15.1", "OBR-6.1", "OBR-7.1", "MSH-7.1", read=moment),
        take("excute_date", "ORC-15.1", "TQ1-7.1", "OBR-36.1", read=moment),
        take("prescription_issuance_id", "ORC-12.1", "OBR-16.1"),
        take("prescription_notes", "OBR-4.2", "RXO-1.2", "RXE-2.2", "RXD-2.2", "OBR-4.1", read=cut(100)),
        take("operation_time", "ORC-9.1", "MSH-7.1", read=moment),
        take("invalid_flag", "ORC-1[1=CA|OC|CR|DC|OD].1", read=constant_if_present("1")),
        take("order_control", "ORC-1"),
        take("order_status", "ORC-5"),
    ),
    numbered="id",
)


def _item(segment: str, code: str, dose: str, unit: str, total: str) -> RowMap:
    """Drug items of RXO, RXE and RXD differ only in where the numbers stand."""
    return RowMap(
        "emr_order_item",
        segment,
        2,
        (
            compose("id", _ORDER_NO, _ORDERED, [f"{code}.1", f"{code}.2"], separator="."),
            compose("order_id", _ORDER_NO, _ORDERED, separator="."),
            take("drug_code", f"{code}.1"),
            take("drug_name", f"{code}.2", f"{code}.1", read=cut(50)),
            take("drug_name_full", f"{code}.2"),
            take("drug_dosage_code", dose),
            take("drug_dosage_unit_name", f"{unit}.2", f"{unit}.1"),
            take("drug_dosage_total", total),
            take("operation_time", "ORC-9.1", "MSH-7.1", read=moment),
            take("invalid_flag", "ORC-1[1=CA|OC|CR|DC|OD].1", read=constant_if_present("1")),
            take("route", "RXR-1.2", "RXR-1.1"),
        ),
        numbered="id",
    )


_ITEMS: Final = (
    _item("RXO", "RXO-1", "RXO-2", "RXO-4", "RXO-11"),
    _item("RXE", "RXE-2", "RXE-3", "RXE-5", "RXE-10"),
    _item("RXD", "RXD-2", "RXD-4", "RXD-5", "RXD-4"),
)

KINDS: Final = (
    MessageKind(
        ("ORM^O01", "OML^O21", "OML^O33", "OML^O35", "OMG^O19", "OMP^O09", "OMI^O23", "RDE^O11", "RDE^O25", "RDS^O13"),
        "医嘱、申请单和处方",
        required=("PID-3.1", "ORC-1"),
        levels=(("PID",), ("ORC",)),
        rows=(ORDER, *_ITEMS),
    ),
)
