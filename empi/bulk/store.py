"""The work folder: what a step has made is a file there, complete or not there at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any
from uuid import uuid4

import numpy as np

from empi.bulk.job import Job
from empi.bulk.linking import Edges
from empi.definitions.schema import Rules
from empi.matching.frame import Column, Frame
from empi.matching.model import Model


@dataclass(frozen=True, slots=True)
class Store:
    """The work folder; without one nothing is kept and nothing is found."""

    folder: Path | None

    @classmethod
    def of(cls, job: Job) -> Store:
        """The store of a job: a folder of its own inside the work folder, so that machines may start at one instant.

        What other input or other rules have left beside it is removed.
        """
        if job.work is None:
            return cls(None)
        folder = job.work / f"run_{_stamp(job)}"
        folder.mkdir(parents=True, exist_ok=True)
        for old in cls._left(folder):
            rmtree(str(old.folder), ignore_errors=True)
        return cls(folder)

    @classmethod
    def left_by_others(cls, job: Job) -> list[Store]:
        """What other input or other rules have left in the work folder; ``of`` removes it."""
        return cls._left(job.work / f"run_{_stamp(job)}") if job.work else []

    @classmethod
    def _left(cls, own: Path) -> list[Store]:
        return [cls(folder) for folder in own.parent.glob("run_*") if folder != own]

    @property
    def number(self) -> int:
        """Names the input and the rules the folder belongs to."""
        return int(self.folder.name.removeprefix("run_"), 16) if self.folder else 0

    def frame(self, name: str = "step_1_frame") -> Frame | None:
        """The frame of an earlier run."""
        loaded = self.arrays(name)
        return unflatten(loaded) if loaded else None

    def keep_frame(self, frame: Frame, name: str = "step_1_frame") -> Frame:
        """Keep a frame and return it."""
        self.keep_arrays(name, _flatten(frame))
        return frame

    def model(self, rules: Rules) -> Model | None:
        """The model of an earlier run."""
        path = self.folder / "step_2_model.json" if self.folder else None
        return Model.from_json(path.read_text(), rules) if path and path.exists() else None

    def trained(self, rules: Rules) -> Model:
        """The model that others have seen trained."""
        if (model := self.model(rules)) is None:
            raise FileNotFoundError(f"the model is gone from {self.folder}: run the command again")
        return model

    def keep_model(self, model: Model) -> Model:
        """Keep a model and return it."""
        if self.folder:
            _replace(self.folder / "step_2_model.json", model.to_json().encode())
        return model

    def edges(self, name: str) -> Edges | None:
        """The judged pairs of one step of an earlier run."""
        loaded = self.arrays(name)
        return Edges(**loaded) if loaded else None

    def keep_edges(self, name: str, edges: Edges) -> Edges:
        """Keep the judged pairs of one step and return them."""
        self.keep_arrays(name, {part: getattr(edges, part) for part in Edges.__slots__})
        return edges

    def has(self, name: str) -> bool:
        """Whether a step is done: its arrays or its facts are there."""
        return self.folder is not None and any((self.folder / f"{name}.{kind}").exists() for kind in ("npz", "json"))

    def facts(self, name: str) -> Any:
        """What a step noted, None when it is not done."""
        path = self.folder / f"{name}.json" if self.folder else None
        return json.loads(path.read_text()) if path and path.exists() else None

    def keep_facts(self, name: str, facts: Any) -> None:
        """Note facts of a step that is done."""
        if self.folder:
            _replace(self.folder / f"{name}.json", json.dumps(facts).encode())

    def arrays(self, name: str) -> dict[str, Any] | None:
        """The arrays of a step, None when it is not done."""
        path = self.folder / f"{name}.npz" if self.folder else None
        if path is None or not path.exists():
            return None
        with np.load(path, allow_pickle=False) as arrays:
            return {key: arrays[key] for key in arrays.files}

    def done(self, name: str) -> dict[str, Any]:
        """The arrays of a step that others have seen done."""
        if (arrays := self.arrays(name)) is None:
            raise FileNotFoundError(f"{name} is gone from {self.folder}: run the command again")
        return arrays

    def keep_arrays(self, name: str, arrays: Mapping[str, Any]) -> None:
        """Keep the arrays of a step that is done."""
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
    what = [str(job.records.resolve()), facts.st_size, facts.st_mtime_ns, job.rules.version, model, job.part_records]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]


def _flatten(frame: Frame) -> dict[str, Any]:
    arrays: dict[str, Any] = {"size": np.array([frame.size])}
    for name, column in frame.columns.items():
        arrays[f"codes/{name}"] = column.codes
        arrays |= {f"column/{name}/{key}": array for key, array in column.arrays.items()}
    return arrays | {f"mark/{name}": array for name, array in frame.marks.items()}


def unflatten(arrays: dict[str, Any]) -> Frame:
    """The frame that was kept as these arrays."""
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
