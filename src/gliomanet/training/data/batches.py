"""Cases in memory or mapped, and the batches that are drawn from them.

A batch holds one case of every class of every task, so that each class of a task is seen equally often, however rare.
A network of fewer tasks than the study has takes as many of each class as fit into the batch of all tasks: one of the
three tasks of two classes takes three of each, one of two takes one of each, and its batch is the smaller one. One of
`unlabelled_masks` has one case more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from gliomanet.errors import CaseError
from gliomanet.labels.tasks import Task
from gliomanet.labels.vocabulary import MISSING
from gliomanet.models.case_input import CaseImages, Shape, load_case
from gliomanet.models.case_view import View
from gliomanet.models.nyul import CommonHistogram
from gliomanet.models.tabular_inputs import clinical_values
from gliomanet.seeds import derive_seed
from gliomanet.training.data.case_cache import cached_case, digest_of_case


class Mixed(NamedTuple):
    """Second labels of cases into which another's tumour was pasted.

    Attributes:
        labels: int64 (B, T), `MISSING` where nothing was pasted, or the donor's label is unknown.
        share: (B,) weight of these labels; the case's own weigh the rest. 0 where nothing was pasted.
    """

    labels: Tensor
    share: Tensor

    def at(self, rows: Tensor) -> Mixed:
        """Those of some cases."""
        return Mixed(self.labels[rows], self.share[rows])


class Targets(NamedTuple):
    """One task's labels of a batch: a row for each case, and one more for each that has a second label.

    Attributes:
        rows: int64 (N,), the case of each.
        labels: int64 (N,), `MISSING` where unknown.
        shares: (N,), by which each counts; `None`: all by 1.
    """

    rows: Tensor
    labels: Tensor
    shares: Tensor | None


class Batch(NamedTuple):
    """Cases of one step.

    Attributes:
        image: float16 (B, M, D, H, W): modalities, then ratio maps.
        masks: uint8 (B, 2, D, H, W): brain, of 0 and 1, and tumour, in its codes; a case without a tumour mask has an
            empty one.
        available: bool (B, M).
        labels: int64 (B, T), `MISSING` where unknown.
        step: position in the epoch.
        views: how often each case is there: with 2, the second half of the cases is the first again, with modalities
            taken away.
        case_ids: of its cases, once each.
        mixed: second labels, where tumours are pasted in this training.
        clinical: float32 (B, C) of a model that takes clinical data, in their units, NaN = not known.
        shrunk: of its cases as they are drawn, those that are whole grids on fewer voxels.
    """

    image: Tensor
    masks: Tensor
    available: Tensor
    labels: Tensor
    step: int
    views: int = 1
    case_ids: tuple[str, ...] = ()
    mixed: Mixed | None = None
    clinical: Tensor | None = None
    shrunk: tuple[bool, ...] = ()

    def targets(self, column: int) -> Targets:
        """The labels of one task, which losses are asked for."""
        cases, labels = torch.arange(len(self.labels), device=self.labels.device), self.labels[:, column]
        if self.mixed is None:
            return Targets(cases, labels, None)
        pasted = self.mixed.share.nonzero()[:, 0]
        return Targets(
            torch.cat([cases, pasted]),
            torch.cat([labels, self.mixed.labels[pasted, column]]),
            torch.cat([1 - self.mixed.share, self.mixed.share[pasted]]),
        )

    def parts(self, number: int) -> list[Batch]:
        """The cases in so many parts of neighbours, one case more or less each, with all views of a case in one."""
        cases = len(self.labels) // self.views
        found = []
        for part in range(number):
            first, end = (cases * place // number for place in (part, part + 1))
            rows = torch.cat([torch.arange(first, end) + view * cases for view in range(self.views)])
            rows = rows.to(self.labels.device)
            tensors = (self.image[rows], self.masks[rows], self.available[rows], self.labels[rows])
            mixed = None if self.mixed is None else self.mixed.at(rows)
            clinical = None if self.clinical is None else self.clinical[rows]
            found.append(Batch(*tensors, self.step, self.views, self.case_ids[first:end], mixed, clinical))
        return found


@dataclass(frozen=True)
class ImageCases(Dataset[Batch]):
    """Cases with their labels, (N, T) class indices in the order of the tasks."""

    images: tuple[CaseImages, ...]
    labels: NDArray[np.int64]
    digest: str
    """Of the arrays: two sets of cases with the same digest are the same data."""
    clinical: NDArray[np.float32] | None = None
    """(N, C) in their units, NaN = not known; of a model that takes clinical data."""
    measured: NDArray[np.int64] | None = None
    """(N, T) as `labels`, without pseudo-labels; `None`: there are none."""

    def __len__(self) -> int:
        return len(self.images)

    def each_once(self) -> NDArray[np.bool_]:
        """True for (N,) images that are all cases, each once: where some are there in two views, the whole grids."""
        shrunk = np.array([case.shrunk for case in self.images], dtype=np.bool_)
        return shrunk if shrunk.any() else ~shrunk

    def labels_measured(self) -> NDArray[np.int64]:
        """(N, T) labels without pseudo-labels."""
        return self.labels if self.measured is None else self.measured

    def __add__(self, other: ImageCases) -> ImageCases:  # type: ignore[override]
        """These cases, then others: the same ones in another view."""
        digest = hashlib.blake2b(f"{self.digest} {other.digest}".encode(), digest_size=16).hexdigest()
        clinical = None
        if self.clinical is not None and other.clinical is not None:
            clinical = np.concatenate([self.clinical, other.clinical])
        labels, measured = (
            np.concatenate(both)
            for both in ((self.labels, other.labels), (self.labels_measured(), other.labels_measured()))
        )
        return ImageCases(self.images + other.images, labels, digest, clinical, measured)

    def __getitem__(self, item: tuple[int, Sequence[int]]) -> Batch:
        """The batch of (step, positions of its cases)."""
        step, positions = item
        cases = [self.images[position] for position in positions]
        brains = [case.brain.view(np.uint8) for case in cases]
        tumours = [np.zeros_like(brains[0]) if case.tumour is None else case.tumour for case in cases]
        return Batch(
            torch.from_numpy(np.stack([c.image for c in cases])),
            torch.from_numpy(np.stack([np.stack(both) for both in zip(brains, tumours, strict=True)])),
            torch.from_numpy(np.stack([c.available for c in cases])),
            torch.from_numpy(self.labels[list(positions)]),
            step,
            case_ids=tuple(case.case_id for case in cases),
            shrunk=tuple(case.shrunk for case in cases),
            clinical=None if self.clinical is None else torch.from_numpy(self.clinical[list(positions)]),
        )


def encode_labels(
    cases: pd.DataFrame, tasks: Mapping[str, Task], pseudo_labels: pd.DataFrame | None = None
) -> NDArray[np.int64]:
    """(N, T) class indices of cases; unknown ones are filled by accepted pseudo-labels, never known ones.

    Args:
        cases: columns case_id and the tasks' label columns, harmonised strings ("" or NaN = unknown).
        tasks: T tasks, in the order of the columns.
        pseudo_labels: columns case_id, task, label (class name), accepted {yes, no}.
    """
    values = cases.reindex(columns=sorted({task.label for task in tasks.values()})).fillna("").astype(str)
    labels = np.array([[task.encode(v) for v in values[task.label]] for task in tasks.values()], dtype=np.int64).T
    labels = labels.reshape(len(cases), len(tasks))
    if pseudo_labels is None:
        return labels
    row_of = {case: row for row, case in enumerate(cases["case_id"])}
    column_of = {name: column for column, name in enumerate(tasks)}
    accepted = pseudo_labels[pseudo_labels["accepted"] == "yes"]
    for case, task, label in accepted[["case_id", "task", "label"]].astype(str).to_numpy().tolist():
        if case not in row_of or task not in column_of:
            continue
        names = tasks[task].class_names
        if label not in names:
            raise ValueError(
                f"pseudo-label of case {case}, task {task}: {label!r} is no class; classes: {', '.join(names)}"
            )
        where = row_of[case], column_of[task]
        if labels[where] == MISSING:
            labels[where] = names.index(label)
    return labels


def load_cases(
    cases: pd.DataFrame,
    labels: NDArray[np.int64],
    modalities: Sequence[str],
    shape: Shape,
    histograms: Mapping[str, CommonHistogram] | None = None,
    cache: Path | None = None,
    ratio_maps: Sequence[str] = (),
    view: View = "centre",
    clinical: Sequence[str] = (),
    measured: NDArray[np.int64] | None = None,
) -> tuple[ImageCases, list[str]]:
    """Read cases (columns case_id, folder), once for the whole job: into memory, or mapped from a cache's folder.

    A 160×192×160 case of four modalities takes 49 MB. `histograms`: what their modalities are mapped to, and
    `ratio_maps`: further channels, and `view`; see `load_case`. `clinical`: further columns that are read, `age` and
    `sex`. `measured`: the labels without pseudo-labels, where there are any.

    Returns:
        The cases that can be read, and the reasons for those that cannot.
    """
    images, kept, reasons, digest = [], [], [], hashlib.blake2b(digest_size=16)
    for row, (case_id, folder) in enumerate(zip(cases["case_id"], cases["folder"], strict=True)):
        try:
            if cache is None:
                how: dict[str, Any] = {"histograms": histograms, "ratio_maps": ratio_maps, "view": view}
                case = load_case(str(case_id), Path(folder), modalities, shape, tumour=True, **how)
                of_case = digest_of_case(case)
            else:
                case, of_case = cached_case(
                    cache, str(case_id), Path(folder), modalities, shape, histograms, ratio_maps, view
                )
        except CaseError as error:
            reasons.append(str(error))
            continue
        images.append(case)
        kept.append(row)
        digest.update(of_case + labels[row].tobytes())
    n_tasks, values = labels.shape[1], None
    labels = labels[kept].reshape(len(kept), n_tasks)
    measured = None if measured is None else measured[kept].reshape(len(kept), n_tasks)
    if clinical:
        values = clinical_values(cases.iloc[kept], clinical)
        digest.update(values.tobytes() + (b"" if measured is None else measured.tobytes()))
    return ImageCases(tuple(images), labels, digest.hexdigest(), values, measured), reasons


class BalancedBatches(Sampler[tuple[int, list[int]]]):
    """Positions of the cases of every batch of an epoch: for each task, one case of each class.

    Each class of each task has a shuffled deck of its cases, dealt one a batch and shuffled again when it is empty:
    drawn at random, and no case comes twice before all have come once. A task of which only one class is known is
    dealt two cases of it, so that a batch never holds a single case (batch norm could not normalise it). Cases without
    any label, which train segmentation where the model's `unlabelled_masks` says so, have one deck more.

    Args:
        labels: (N, T).
        steps: batches an epoch; `None`: as many as one pass over the labelled cases takes.
        seed: with the epoch decides what is drawn, so an epoch can be run again by itself.
        first_epoch: the epoch of Lightning's epoch 0, in a job that goes on.
        size: cases with a label a batch: each class comes as often as fits into it, and once at least.
        once: bool (N,), the positions that are all cases, each once, where some come in two views; `None`: each is a
            case. A pass over the cases is as long with two views of them as with one.
    """

    def __init__(
        self,
        labels: NDArray[np.int64],
        steps: int | None,
        seed: int,
        first_epoch: int = 0,
        size: int = 0,
        once: NDArray[np.bool_] | None = None,
    ) -> None:
        known = [[np.flatnonzero(of_task == k) for k in np.unique(of_task[of_task != MISSING])] for of_task in labels.T]
        self._decks = [deck for of_task in known for deck in (of_task * 2 if len(of_task) == 1 else of_task)]
        if not self._decks:
            raise ValueError("no case has a label: there is nothing to draw")
        self._decks *= max(1, size // len(self._decks))
        labelled = (labels != MISSING).any(axis=1)
        counted = labelled if once is None else labelled & once
        self.steps = steps or -(-int(counted.sum()) // len(self._decks))
        if not labelled.all():
            self._decks.append(np.flatnonzero(~labelled))
        self.cases = len(self._decks)
        """Of a batch."""
        self._seed, self._first_epoch, self.epoch = seed, first_epoch, first_epoch

    def __len__(self) -> int:
        return self.steps

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before every epoch, with its own count."""
        self.epoch = self._first_epoch + epoch

    def __iter__(self) -> Iterator[tuple[int, list[int]]]:
        dealt = []
        for number, deck in enumerate(self._decks):
            rng = np.random.default_rng(derive_seed(self._seed, "batches", self.epoch, number))
            rounds = -(-self.steps // len(deck))
            dealt.append(np.concatenate([rng.permutation(deck) for _ in range(rounds)]))
        for step in range(self.steps):
            yield step, [int(deck[step]) for deck in dealt]


class OrderedBatches(Sampler[tuple[int, list[int]]]):
    """All cases once, in their order, `size` a batch: for validation."""

    def __init__(self, cases: int, size: int) -> None:
        self._cases, self._size = cases, size

    def __len__(self) -> int:
        return -(-self._cases // self._size)

    def __iter__(self) -> Iterator[tuple[int, list[int]]]:
        for step in range(len(self)):
            yield step, list(range(step * self._size, min((step + 1) * self._size, self._cases)))
