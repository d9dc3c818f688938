"""VXU: one vaccination per RXA."""

from typing import Final

from exchange.hl7v2.definitions.codes import VACCINATION_ROUTE, VACCINATION_SITE
from exchange.hl7v2.definitions.persons import REGION_PERSON
from exchange.hl7v2.mapping import MessageKind, RowMap, compose, take
from exchange.hl7v2.path import path
from exchange.hl7v2.readers import constant_if_present, day, moment

VACCINATION: Final = RowMap(
    "vaccination",
    "RXA",
    2,
    (
        compose("vaccination_no", ["ORC-3.1", "ORC-2.1", "MSH-10"], "RXA-5.1", separator="."),
        *REGION_PERSON,
        take("vaccine", "RXA-5.1"),
        take("vaccine_text", "RXA-5.2"),
        take("batch_no", "RXA-15.1"),
        take("manufacturer", "RXA-17.2", "RXA-17.1"),
        take("expires_on", "RXA-16.1", read=day),
        take("vaccinated_at", "RXA-3.1", read=moment),
        take("site", "RXR-2.1", read=VACCINATION_SITE),
        take("site_text", "RXR-2.2"),
        take("route", "RXR-1.1", read=VACCINATION_ROUTE),
        take("route_text", "RXR-1.2"),
        take("dose_amount", "RXA-6"),
        take("not_given", "RXA-20[1=RE|NA].1", read=constant_if_present("1")),
        take("not_given_reason", "RXA-18.2"),
        take("staff_id", "RXA-10.1"),
        compose("staff_name", "RXA-10.2", "RXA-10.3"),
        take("org_name", "RXA-11.4.1"),
        take("changed_at", "RXA-22.1", "MSH-7.1", read=moment),
        take("void", "RXA-21[1=D].1", read=constant_if_present("1")),
    ),
    # 998 of code set CVX says that nothing was given: the group only carries a forecast
    unless=(path("RXA-5.1"), frozenset({"998"})),
    numbered="vaccination_no",
)

KINDS: Final = (
    MessageKind(
        ("VXU^V04", "VXU^"),
        "预防接种记录",
        required=("PID-3.1", "RXA-3", "RXA-5.1"),
        levels=(("PID",), ("ORC", "RXA")),
        rows=(VACCINATION,),
    ),
)
