"""Named bad FHIR inputs, made by damaging good resources and requests."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from tests.exchange_fhir.samples import bundle, condition, entry, observation, patient

Path = tuple[str | int, ...]

_WRONG: dict[str, Any] = {
    "null": None,
    "empty_text": "",
    "number": 42,
    "huge": 10**400,
    "flag": True,
    "list": [],
    "nested_list": [[["x"]]],
    "object": {},
    "unknown_member": {"nonsense": 1},
    "surrogate": "\ud800",
    "long": "x" * 100_000,
    "control": "\x00",
}


def bad_bodies() -> Iterator[tuple[str, bytes]]:
    """(name, body) of what is no JSON object, or one no reader should accept."""
    good = json.dumps(patient()).encode()
    yield from {
        "nothing": b"",
        "blank": b"  ",
        "not_json": b"<Patient/>",
        "xml_with_entity": b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        "array": b"[]",
        "text": b'"Patient"',
        "number": b"1",
        "not_a_number": b'{"resourceType":"Patient","multipleBirthInteger":NaN}',
        "infinity": b'{"resourceType":"Patient","multipleBirthInteger":Infinity}',
        "repeated_member": b'{"resourceType":"Patient","gender":"male","gender":"female"}',
        "repeated_deep": b'{"resourceType":"Patient","name":[{"text":"a","text":"b"}]}',
        "deep_objects": b'{"a":' * 5000 + b"1" + b"}" * 5000,
        "deep_lists": b'{"resourceType":"Patient","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "just_too_deep": b'{"a":' * 65 + b"1" + b"}" * 65,
        "invalid_utf8": b'{"resourceType":"\xff"}',
        "gb18030": '{"resourceType":"Patient","name":[{"text":"张三"}]}'.encode("gb18030"),
        "utf16": good.decode().encode("utf-16"),
        "lone_surrogate": b'{"resourceType":"Patient","name":[{"text":"\\ud800"}]}',
        "huge_number": b'{"resourceType":"Patient","multipleBirthInteger":' + b"9" * 5000 + b"}",
        "exponent_beyond_decimals": b'{"resourceType":"Patient","x":1e9999999999999999999}',
        "exponent_beyond_clients": b'{"resourceType":"Patient","x":-1E+301}',
        "exponent_vanishing": b'{"resourceType":"Patient","x":0.1e-9999}',
        "trailing": good + b"{}",
        "brackets_in_text": b'{"resourceType":"Nothing","x":"' + b"[{" * 5000 + b'"}',
    }.items()
    for end in range(1, len(good), 5):
        yield f"cut_at_{end}", good[:end]


def bad_resources() -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, resource) with one element made wrong."""
    for name, good in (("patient", patient()), ("observation", observation("Patient/1")), ("condition", condition("Patient/1"))):
        for path in _paths(good):
            place = ".".join(map(str, path))
            for kind, wrong in _WRONG.items():
                yield f"{name}/{place}_{kind}", _changed(good, path, wrong)
    yield from {f"type_{kind}": {"resourceType": wrong} for kind, wrong in _WRONG.items()}.items()
    yield "two_values", observation("Patient/1", valueString="x")
    yield "two_deceased", patient(deceasedBoolean=True, deceasedDateTime="2020-01-01")
    yield "no_status", {"resourceType": "Observation", "code": {"text": "x"}}
    yield "unknown_code", observation("Patient/1", status="finished")
    yield "bad_contained", patient(contained=[{"resourceType": "Nothing"}])
    for day in ("2026-13-01", "2026-1-1", "01.02.2026", "yesterday", "2026-02-03T10:00:00", "2026-02-03T25:00:00Z"):
        yield f"date_{day}", observation("Patient/1", when=day)
    for number in ("", " ", "a b", "x" * 65, "../1", "a/b", "ü"):
        yield f"id_{number[:5]}", patient(id=number)


def bad_bundles() -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, bundle) that cannot be carried out."""
    yield "no_type", {"resourceType": "Bundle", "entry": []}
    for kind in ("searchset", "history", "message", "nonsense", 1, None):
        yield f"type_{kind}", bundle(entry(patient()), kind=kind)  # type: ignore[arg-type]
    yield "no_request", {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": patient()}]}
    for method in ("PATCH", "HEAD", "get", "", 1, None):
        yield f"method_{method}", bundle(entry(patient(), method=method))  # type: ignore[arg-type]
    for url in ("Nothing", "Patient/1/2", "/", "?", "http://x", "Patient/$match", "../Patient", "Observation"):
        yield f"url_{url}", bundle(entry(patient(), url=url))
    yield "put_without_id", bundle(entry(patient(), method="PUT"))
    yield "delete_without_id", bundle({"request": {"method": "DELETE", "url": "Patient"}})
    yield "same_url_twice", bundle(entry(patient(), full_url="urn:uuid:1"), entry(patient("P2"), full_url="urn:uuid:1"))
    yield "unknown_condition", bundle(entry(patient(), ifNoneExist="shoe=1"))
    yield "empty_condition", bundle(entry(patient(), method="PUT", url="Patient?_count=1"))
    yield "nothing_matches", bundle(entry(condition("Patient?identifier=nobody")))
    yield "reference_to_nothing", bundle(entry(condition("Nothing?identifier=nobody")))
    for kind, wrong in _WRONG.items():
        yield f"entry_{kind}", {"resourceType": "Bundle", "type": "transaction", "entry": [wrong]}
        yield f"resource_{kind}", bundle({**entry(patient()), "resource": wrong})
        yield f"request_{kind}", bundle({"resource": patient(), "request": wrong})


def bad_queries() -> Iterator[tuple[str, str]]:
    """(name, URL) that asks for what cannot be."""
    odd = ("", "\x00", "%", "' OR 1=1 --", "x" * 5000, "|", "a|b|c", "\\")
    values = (*odd, "$", "2026-99-99", "张", "..", "{{7}}", "-1")
    names = (
        "_id", "_lastUpdated", "_count", "_offset", "_sort", "_include", "_revinclude", "_summary", "_elements", "birthdate",
        "name", "identifier", "gender", "general-practitioner", "general-practitioner.name", "name:exact", "gender:not",
        "active:missing", "birthdate:wrong", "nonsense", "link:Patient.name",
    )  # fmt: skip
    for name in names:
        for number, value in enumerate(values):
            yield f"{name}_{number}", f"/Patient?{name}={value}".replace("%", "%25").replace("\x00", "%00")


def _paths(content: Any, before: Path = ()) -> Iterator[Path]:
    if before:
        yield before
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in items:
        if (*before, key) != ("resourceType",):
            yield from _paths(value, (*before, key))


def _changed(good: dict[str, Any], path: Path, wrong: Any) -> dict[str, Any]:
    made = copy.deepcopy(good)
    inner: Any = made
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = wrong
    return made
