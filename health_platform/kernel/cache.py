"""Caching decided by configuration, not written into business code (A17).

A function marked ``@cacheable`` behaves as before until an operator gives it a rule: how long its answers live, and how
many are kept. The page of the console shows calls, hits and the time the function takes, so that the choice can be made
from figures. Marked functions depend on nothing but their key parameters: a cached answer is shared by all callers,
therefore nothing that depends on the caller's scope may be marked.
"""

from __future__ import annotations

import functools
import inspect
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

from health_platform.kernel.errors import DefinitionError

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class CacheRule:
    """What an operator decided for one function. ``seconds`` 0 switches caching off."""

    seconds: float = 0.0
    entries: int = 1000


@dataclass
class CacheFigures:
    """Counts of one function in this process since it started."""

    calls: int = 0
    hits: int = 0
    seconds_computing: float = 0.0

    @property
    def hit_rate(self) -> float:
        return self.hits / self.calls if self.calls else 0.0

    @property
    def seconds_saved(self) -> float:
        """Hits times the mean time of a computed answer."""
        computed = self.calls - self.hits
        return self.hits * self.seconds_computing / computed if computed else 0.0


@dataclass
class CacheStore:
    """Cached answers of all marked functions in this process."""

    rules: dict[str, CacheRule] = field(default_factory=dict)
    figures: dict[str, CacheFigures] = field(default_factory=dict)
    _entries: dict[str, OrderedDict[Any, tuple[float, Any]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def set_rule(self, name: str, rule: CacheRule) -> None:
        """Apply a rule at once; answers kept under the old rule are dropped."""
        with self._lock:
            if self.rules.get(name) != rule:
                self.rules[name] = rule
                self._entries.pop(name, None)

    def clear(self, name: str) -> None:
        """Forget the answers of one function (its data changed)."""
        with self._lock:
            self._entries.pop(name, None)

    def answer(self, name: str, key: Any, compute: Callable[[], Any]) -> Any:
        """The kept answer for ``key``, or a computed one."""
        rule = self.rules.get(name, CacheRule())
        with self._lock:
            figures = self.figures.setdefault(name, CacheFigures())
            figures.calls += 1
            kept = self._entries.get(name, {}).get(key) if rule.seconds else None
            if kept and kept[0] > time.monotonic():
                figures.hits += 1
                return kept[1]
        started = time.perf_counter()
        value = compute()
        with self._lock:
            figures.seconds_computing += time.perf_counter() - started
            if rule.seconds:
                self._keep(name, key, value, rule)
        return value

    def _keep(self, name: str, key: Any, value: Any, rule: CacheRule) -> None:
        entries = self._entries.setdefault(name, OrderedDict())
        entries[key] = (time.monotonic() + rule.seconds, value)
        entries.move_to_end(key)
        while len(entries) > rule.entries:
            entries.popitem(last=False)


STORE = CacheStore()
CACHEABLE: dict[str, str] = {}


def cacheable(name: str, key: tuple[str, ...]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a function: ``key`` names the parameters that its answer depends on."""

    def mark(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        if missing := [parameter for parameter in key if parameter not in signature.parameters]:
            raise DefinitionError(f"cacheable {name}: no parameter {missing}")
        if name in CACHEABLE:
            raise DefinitionError(f"cacheable {name} is defined twice")
        CACHEABLE[name] = (function.__doc__ or "").strip().split("\n")[0]

        @functools.wraps(function)
        def cached(*args: P.args, **kwargs: P.kwargs) -> R:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            parts = tuple(bound.arguments[parameter] for parameter in key)
            return STORE.answer(name, parts, lambda: function(*args, **kwargs))  # type: ignore[no-any-return]

        return cached

    return mark
