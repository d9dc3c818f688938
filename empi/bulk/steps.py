"""The steps of a bulk link, each kept in a work folder so that a stopped run continues where it was.

1 read, 2 train, 3 compare (one step per blocking pass), 4 cluster. The folder belongs to one input and one version of
the rules; another input or other rules start afresh. Machines that share the folder can share the third step: each
compares some of the passes (``compare_share``), and whoever runs ``link_file`` afterwards finds them done.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa

from empi.bulk.linking import Edges, Linked, compare_pass, group, join
from empi.bulk.opening import Source, UnreadableRecords, open_source
from empi.bulk.passes import with_passes
from empi.bulk.reading import frame_of_file, read_keys
from empi.definitions.schema import Rules
from empi.matching.arrays import I32
from empi.matching.blocking import OverfullBlock, pass_pairs
from empi.matching.dividing import Cut
from empi.matching.frame import Column, Frame
from empi.matching.marks import mark
from empi.matching.model import Model
from empi.matching.training import train_frame

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Job:
    """What to link, by which rules; ``work`` keeps the steps (None: nothing is kept); ``model`` skips training.

    ``source`` is the file as it was opened, where somebody has looked at it already.
    """

    records: Path
    rules: Rules
    work: Path | None = None
    model: Model | None = None
    source: Source | None = None

    def opened(self) -> Source:
        """The file, and how it is written."""
        return self.source or open_source(self.records)


@dataclass(frozen=True, slots=True)
class Share:
    """Machine ``number`` (from 1) of ``of``."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Share:
        """From "2/3".

        Raises:
            ValueError: not two whole numbers, the first from 1 to the second.
        """
        number, _, of = text.partition("/")
        share = cls(int(number), int(of))
        if not 1 <= share.number <= share.of:
            raise ValueError(text)
        return share

    def holds(self, place: int) -> bool:
        """True when the pass at this place is this machine's."""
        return place % self.of == self.number - 1


@dataclass(frozen=True, slots=True)
class Result:
    """Keys in file order with their cluster labels, the edges and the model behind them."""

    keys: pa.Array
    linked: Linked
    edges: Edges
    model: Model


def link_file(job: Job, say: Say = lambda _: None) -> Result:
    """Run all steps, taking from the work folder those already done.

    Raises:
        UnreadableRecords: the file lacks the columns the rules need.
    """
    store, source = Store.of(job), job.opened()
    frame, model = _prepare(job, store, source, say)
    edges, linked = _compare(frame, model, store, say)
    linked.labels, cuts = group(frame, model, edges)
    linked.cuts = cuts
    say(f"clustered: {len(np.unique(linked.labels))} persons, {len(cuts)} certain pairs cut")
    return Result(read_keys(source, job.rules), linked, edges, model)


def compare_share(job: Job, share: Share, say: Say = lambda _: None) -> None:
    """Compare one machine's share of the passes and leave the result in the work folder.

    Raises:
        UnreadableRecords: as ``link_file``; or the job has no work folder to share.
    """
    if job.work is None:
        raise UnreadableRecords("a share needs a work folder that the other machines see too (--work)")
    store = Store.of(job)
    frame, model = _prepare(job, store, job.opened(), say)
    _compare(frame, model, store, say, share)


def _prepare(job: Job, store: Store, source: Source, say: Say) -> tuple[Frame, Model]:
    """Read and train, or take both from the work folder."""
    frame = store.frame() or store.keep_frame(frame_of_file(source, job.rules, say))
    if frame.size == 0:
        raise UnreadableRecords(f"{job.records.name} has no records")
    rules = with_passes(frame, job.rules)
    model = job.model or store.model(rules) or store.keep_model(train_frame(frame, rules))
    mark(frame, rules, frame.marks["seen"], model.frequencies)
    say(f"model {model.version}, prior odds 2^{model.prior_bits}")
    return frame, model


def _compare(frame: Frame, model: Model, store: Store, say: Say, share: Share | None = None) -> tuple[Edges, Linked]:
    earlier: list[I32] = []
    parts: list[Edges] = []
    overfull: list[OverfullBlock] = []
    compared = 0
    passes = model.rules.passes
    for place, rule in enumerate(passes):
        found = pass_pairs(frame, model.rules, place)
        overfull += found.overfull
        if share and not share.holds(place):
            earlier.append(found.numbers)
            continue
        done = store.edges(place)
        if done is None:
            done, pairs = compare_pass(frame, model, found, earlier)
            compared += pairs
            store.keep_edges(place, done)
        parts.append(done)
        earlier.append(found.numbers)
        say(f"{100 * (place + 1) // len(passes):3d}% pass {rule.name}: {len(done.left)} pairs kept")
    empty: list[Cut] = []
    return join(parts), Linked(np.zeros(0, dtype=np.int64), empty, overfull, compared)


@dataclass(frozen=True, slots=True)
class Store:
    """The work folder; without one nothing is kept and nothing is found."""

    folder: Path | None

    @classmethod
    def of(cls, job: Job) -> Store:
        """The store of a job; a folder left by another input or other rules is emptied."""
        if job.work is None:
            return cls(None)
        job.work.mkdir(parents=True, exist_ok=True)
        stamp = _stamp(job)
        label = job.work / "job.json"
        if not label.exists() or label.read_text() != stamp:
            for old in (*job.work.glob("step_*"), *job.work.glob("unfinished_*")):
                old.unlink(missing_ok=True)
            label.write_text(stamp)
        return cls(job.work)

    def frame(self) -> Frame | None:
        """The frame of an earlier run."""
        loaded = self._load("step_1_frame")
        return _unflatten(loaded) if loaded else None

    def keep_frame(self, frame: Frame) -> Frame:
        """Keep a frame and return it."""
        self._save("step_1_frame", _flatten(frame))
        return frame

    def model(self, rules: Rules) -> Model | None:
        """The model of an earlier run."""
        path = self.folder / "step_2_model.json" if self.folder else None
        return Model.from_json(path.read_text(), rules) if path and path.exists() else None

    def keep_model(self, model: Model) -> Model:
        """Keep a model and return it."""
        if self.folder:
            _replace(self.folder / "step_2_model.json", model.to_json().encode())
        return model

    def edges(self, place: int) -> Edges | None:
        """The judged pairs of one pass of an earlier run."""
        loaded = self._load(f"step_3_pass_{place:02d}")
        return Edges(**loaded) if loaded else None

    def keep_edges(self, place: int, edges: Edges) -> Edges:
        """Keep the judged pairs of one pass and return them."""
        self._save(f"step_3_pass_{place:02d}", {name: getattr(edges, name) for name in Edges.__slots__})
        return edges

    def _load(self, name: str) -> dict[str, Any] | None:
        path = self.folder / f"{name}.npz" if self.folder else None
        if path is None or not path.exists():
            return None
        with np.load(path, allow_pickle=False) as arrays:
            return {key: arrays[key] for key in arrays.files}

    def _save(self, name: str, arrays: dict[str, Any]) -> None:
        if self.folder is None:
            return
        unfinished = self.folder / f"unfinished_{uuid4().hex}_{name}.npz"
        np.savez(unfinished, **arrays)
        unfinished.replace(self.folder / f"{name}.npz")


def _replace(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f"unfinished_{uuid4().hex}_{path.name}")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _stamp(job: Job) -> str:
    facts = job.records.stat()
    model = job.model.version if job.model else ""
    what = json.dumps([str(job.records.resolve()), facts.st_size, facts.st_mtime_ns, job.rules.version, model])
    return hashlib.sha256(what.encode()).hexdigest()


def _flatten(frame: Frame) -> dict[str, Any]:
    arrays: dict[str, Any] = {"size": np.array([frame.size])}
    for name, column in frame.columns.items():
        arrays[f"codes/{name}"] = column.codes
        arrays |= {f"column/{name}/{key}": array for key, array in column.arrays.items()}
    return arrays | {f"mark/{name}": array for name, array in frame.marks.items()}


def _unflatten(arrays: dict[str, Any]) -> Frame:
    frame = Frame(int(arrays["size"][0]), {})
    for key, array in arrays.items():
        sort, _, rest = key.partition("/")
        if sort == "codes":
            frame.columns[rest] = Column(array, {})
        elif sort == "mark":
            frame.marks[rest] = array
    for key, array in arrays.items():
        sort, _, rest = key.partition("/")
        if sort == "column":
            name, _, part = rest.partition("/")
            frame.columns[name].arrays[part] = array
    return frame
