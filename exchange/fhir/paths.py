"""Places in a resource, read and written: ``identifier[type.coding.code=MR|PI].value``, ``name[0].family``.

A step names an element; a list is entered at its first item, at ``[n]``, or at the first item for which ``[path=a|b]`` holds.
"""

import re
from functools import lru_cache
from typing import Any, Final

import msgspec

_STEP: Final = re.compile(r"(?P<name>[A-Za-z_]\w*)(?:\[(?:(?P<index>\d+)|(?P<test>[\w.]+)=(?P<values>[^\]]+))\])?")
_SEPARATOR: Final = re.compile(r"\.(?![^\[]*\])")


class Step(msgspec.Struct, frozen=True):
    """One step of a path."""

    name: str
    many: bool = False
    index: int = 0
    test: tuple["Step", ...] = ()
    values: tuple[str, ...] = ()


Path = tuple[Step, ...]


@lru_cache(maxsize=4096)
def path(text: str) -> Path:
    """Read a path. A name followed by ``[...]`` is a list.

    Raises:
        ValueError: the text is not a path.
    """
    return tuple(_step(part) for part in _SEPARATOR.split(text))


def _step(text: str) -> Step:
    match = _STEP.fullmatch(text)
    if match is None:
        raise ValueError(f"not a path step: {text!r}")
    test = path(match["test"]) if match["test"] else ()
    values = tuple(match["values"].split("|")) if match["values"] else ()
    return Step(match["name"], "[" in text, int(match["index"] or 0), test, values)


def get(content: Any, steps: Path) -> Any:
    """The value at a path, or None."""
    for step in steps:
        if isinstance(content, list):
            content = content[0] if content else None
        if not isinstance(content, dict):
            return None
        content = content.get(step.name)
        if isinstance(content, list):
            content = _pick(content, step)
    return content


def _pick(items: list[Any], step: Step) -> Any:
    if step.test:
        return next((item for item in items if _holds(item, step)), None)
    return items[step.index] if step.index < len(items) else None


def _holds(item: Any, step: Step) -> bool:
    """Whether any of the values below ``item`` at the test's path is one of the wanted."""
    return any(value in step.values for value in _all(item, step.test))


def _all(content: Any, steps: Path) -> list[Any]:
    if isinstance(content, list):
        return [value for item in content for value in _all(item, steps)]
    if not steps:
        return [content]
    return _all(content.get(steps[0].name), steps[1:]) if isinstance(content, dict) else []


def put(content: dict[str, Any], steps: Path, value: Any) -> None:
    """Write a value at a path, making what is missing on the way; a tested list item is made so that the test holds."""
    *way, last = steps
    for step in way:
        content = _enter(content, step)
    if last.many:
        _enter_list(content, last).append(value)
    elif isinstance(value, dict) and isinstance(before := content.get(last.name), dict):
        content[last.name] = {**before, **value}  # the code of a concept was written before its words
    else:
        content[last.name] = value


def _enter(content: dict[str, Any], step: Step) -> dict[str, Any]:
    if not step.many:
        inner: dict[str, Any] = content.setdefault(step.name, {})
        return inner
    items = _enter_list(content, step)
    found = _pick(items, step)
    if found is None:
        found = {}
        items.append(found)
        if step.test:
            put(found, _as_lists(step.test), step.values[0])
    made: dict[str, Any] = found
    return made


def _as_lists(steps: Path) -> Path:
    """``type.coding.code``: coding is a list everywhere in FHIR."""
    return tuple(msgspec.structs.replace(step, many=True) if step.name == "coding" else step for step in steps)


def _enter_list(content: dict[str, Any], step: Step) -> list[Any]:
    items: list[Any] = content.setdefault(step.name, [])
    return items
