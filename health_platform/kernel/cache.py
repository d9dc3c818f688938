"""Caching decided by configuration, not written into business code (A17).

A function marked ``@cacheable`` behaves as before until an operator gives it a rule: how long its answers live, how many are
kept, and where (in each process, or shared by all). The page of the console shows calls, hits and the time the function takes,
so that the choice can be made from figures.

An answer is kept for the function's key parameters *and the scope of its session*: nobody is answered from what somebody else
may see. Only reference data that is the same for every caller is marked ``for_everybody``. Only units of work that read are
answered from the cache and fill it: one that writes must see what it wrote, and may yet be rolled back.
"""

from __future__ import annotations

import functools
import inspect
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, ParamSpec, Protocol, TypeVar

from sqlalchemy.orm import Session

from health_platform.kernel.db import only_reads
from health_platform.kernel.errors import DefinitionError
from health_platform.kernel.scope import scope_of

P = ParamSpec("P")
R = TypeVar("R")

_NOTHING = object()


@dataclass(frozen=True)
class CacheRule:
    """What an operator decided for one function. ``seconds`` 0 switches caching off; ``round`` counts how often it was set."""

    seconds: float = 0.0
    entries: int = 1000
    shared: bool = False
    round: int = 0


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


class SharedPlace(Protocol):
    """Where answers stand that all processes share."""

    def find(self, session: Session, name: str, key: Any, rule: CacheRule) -> tuple[float, Any] | None:
        """An answer and how many seconds it still counts."""

    def keep(self, name: str, key: Any, value: Any, rule: CacheRule) -> None:
        """Offer an answer to the other processes; it reaches them within seconds."""


@dataclass
class CacheStore:
    """Kept answers of all marked functions in this process."""

    rules: dict[str, CacheRule] = field(default_factory=dict)
    figures: dict[str, CacheFigures] = field(default_factory=dict)
    shared: SharedPlace | None = None
    _entries: dict[str, OrderedDict[Any, tuple[float, Any]]] = field(default_factory=dict)
    _computing: dict[tuple[str, Any], threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def set_rule(self, name: str, rule: CacheRule) -> None:
        """Apply a rule at once; answers kept under the old rule are dropped."""
        with self._lock:
            if self.rules.get(name) != rule:
                self.rules[name] = rule
                self._entries.pop(name, None)

    def clear(self, name: str) -> None:
        """Forget the answers of one function in this process."""
        with self._lock:
            self._entries.pop(name, None)

    def answer(self, name: str, key: Any, compute: Callable[[], Any], session: Session | None = None) -> Any:
        """The kept answer for ``key``, or a computed one; of several askers of one answer one computes and the others wait."""
        rule = self.rules.get(name, CacheRule())
        if not rule.seconds:
            return self._computed(name, compute)
        if (kept := self._kept(name, key)) is not _NOTHING:
            return kept
        with self._lock:
            turn = self._computing.setdefault((name, key), threading.Lock())
        with turn:
            if (kept := self._kept(name, key)) is not _NOTHING:
                return kept
            try:
                found = self._found_elsewhere(name, key, rule, session)
                return self._made(name, key, rule, compute) if found is _NOTHING else found
            finally:
                with self._lock:
                    self._computing.pop((name, key), None)

    def _kept(self, name: str, key: Any) -> Any:
        with self._lock:
            kept = self._entries.get(name, {}).get(key)
            if kept is None or kept[0] <= time.monotonic():
                return _NOTHING
            self._hit(name)
            return kept[1]

    def _hit(self, name: str) -> None:
        figures = self.figures.setdefault(name, CacheFigures())
        figures.calls += 1
        figures.hits += 1

    def _computed(self, name: str, compute: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        value = compute()
        with self._lock:
            figures = self.figures.setdefault(name, CacheFigures())
            figures.calls += 1
            figures.seconds_computing += time.perf_counter() - started
        return value

    def _found_elsewhere(self, name: str, key: Any, rule: CacheRule, session: Session | None) -> Any:
        if not (rule.shared and self.shared and session is not None):
            return _NOTHING
        if (found := self.shared.find(session, name, key, rule)) is None:
            return _NOTHING
        with self._lock:
            self._hit(name)
            self._keep(name, key, found[1], rule, found[0])
        return found[1]

    def _made(self, name: str, key: Any, rule: CacheRule, compute: Callable[[], Any]) -> Any:
        value = self._computed(name, compute)
        with self._lock:
            self._keep(name, key, value, rule, rule.seconds)
        if rule.shared and self.shared:
            self.shared.keep(name, key, value, rule)
        return value

    def _keep(self, name: str, key: Any, value: Any, rule: CacheRule, seconds: float) -> None:
        if self.rules.get(name) != rule:
            return  # emptied or decided otherwise while the answer was computed
        entries = self._entries.setdefault(name, OrderedDict())
        entries[key] = (time.monotonic() + seconds, value)
        entries.move_to_end(key)
        while len(entries) > rule.entries:
            entries.popitem(last=False)


STORE = CacheStore()
CACHEABLE: dict[str, str] = {}


def cacheable(
    name: str, label: str, key: tuple[str, ...], *, within: str = "session", for_everybody: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a function whose answers nobody changes: several callers are given the same one.

    Args:
        name: what rules and figures call it; ``label`` tells operators what it is for.
        key: what its answer depends on besides the scope of its session: parameters, or attributes of them ("desk.year").
        within: the parameter, or the attribute of one, that is the session.
        for_everybody: the answer is reference data, the same for every scope.

    Raises:
        DefinitionError: it has no such parameters, or the name is taken.
    """

    def mark(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        if missing := [one for one in (*key, within) if one.split(".")[0] not in signature.parameters]:
            raise DefinitionError(f"cacheable {name}: no parameter {missing}")
        if name in CACHEABLE:
            raise DefinitionError(f"cacheable {name} is defined twice")
        CACHEABLE[name] = label

        @functools.wraps(function)
        def cached(*args: P.args, **kwargs: P.kwargs) -> R:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            given = SimpleNamespace(**bound.arguments)
            session: Session = attrgetter(within)(given)
            if not only_reads(session):
                return function(*args, **kwargs)
            whole = (None if for_everybody else scope_of(session), *(attrgetter(part)(given) for part in key))
            answer: R = STORE.answer(name, whole, lambda: function(*args, **kwargs), session)
            return answer

        return cached

    return mark
