"""The cases of one fold: those that train and those that validate, read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.errors import CaseError, ProblemError
from gliomanet.files.nifti import read_written_nifti
from gliomanet.labels.tasks import Task
from gliomanet.labels.vocabulary import MISSING
from gliomanet.models.case_input import brain_intensities
from gliomanet.models.case_view import View
from gliomanet.models.nyul import CommonHistogram
from gliomanet.networks import network_class
from gliomanet.training.data.batches import ImageCases, encode_labels, load_cases

if TYPE_CHECKING:
    from gliomanet.config.image_model import ImageModel


def load_fold(
    cases: pd.DataFrame,
    tasks: Mapping[str, Task],
    model: ImageModel,
    pseudo_labels: pd.DataFrame | None,
    fold: str,
    cache: Path | None = None,
) -> tuple[ImageCases, ImageCases, dict[str, CommonHistogram] | None]:
    """The cases that train and those that validate, in the order of their ids whatever the table's.

    And the common histograms that their modalities were mapped to, where the model has them. Pseudo-labelled cases
    train, but do not move the histograms, nor what clinical data are standardised by. Nor do cases that have no label,
    and whose tumour masks alone train a model of `unlabelled_masks`; those of part `unlabelled` do not. Arrays are in
    memory, or with a `cache` folder maps of its files.

    Raises:
        ValueError: no case can be read, a task has no label in training, grids differ among cases, a modality has no
            histogram to learn, or the model segments and no training case has a mask.
    """
    ordered = cases.sort_values("case_id", kind="stable")
    histograms = None
    if model.intensities == "nyul":
        own = ordered[ordered["part"] == "train"]
        labelled = (encode_labels(own, tasks) != MISSING).any(axis=1)
        try:
            histograms = learn_histograms(own[labelled], model.modalities)
        except ValueError as error:
            raise ValueError(f"{fold}: {error}") from error
    segments = getattr(model, "segmentation", False)
    several_regions = len(network_class(model.kind).REGIONS) > 1
    parts = []
    for trains in (True, False):
        rows = ordered[ordered["part"].isin(["train", "unlabelled"] if trains else ["validation"])].copy()
        rows.loc[rows["part"] == "unlabelled", sorted({task.label for task in tasks.values()})] = ""
        labels = encode_labels(rows, tasks, pseudo_labels if trains else None)
        measured = encode_labels(rows, tasks) if trains and pseudo_labels is not None else None
        wanted = (labels != MISSING).any(axis=1)
        if trains and getattr(model, "unlabelled_masks", False):
            outlined = (rows["part"] == "train").to_numpy() & ~wanted
            outlined[outlined] = [_has_mask(folder, several_regions) for folder in rows.loc[outlined, "folder"]]
            wanted |= outlined
        kept = None if measured is None else measured[wanted]
        parts.append(_views(rows[wanted], labels[wanted], kept, model, histograms, fold, cache, learns=trains))
    training, validation = parts
    for column, (task, definition) in enumerate(tasks.items()):
        known_classes = set(training.labels[:, column].tolist()) - {MISSING}
        if not known_classes:
            raise ValueError(
                f"{fold}: task {task!r} has no known {definition.label} among the training cases; "
                "add labelled cases, or remove the task from the study"
            )
        if len(known_classes) == 1:
            (only,) = known_classes
            print(f"{fold}: task {task!r} has only {definition.class_names[only]!r} in training", flush=True)
    if model.tumour_cutmix and sum(case.tumour is not None for case in training.images) < 2:
        print(f"{fold}: tumour_cutmix pastes nothing: fewer than two training cases have a tumour mask", flush=True)
    if segments:
        _check_masks(training, several_regions, fold)
    for case in (*training.images, *validation.images):
        first = training.images[0]
        if (case.grid, case.spacing_mm) != (first.grid, first.spacing_mm):
            raise ValueError(
                f"{fold}: case {case.case_id} has grid {case.grid} at {case.spacing_mm} mm, case {first.case_id} "
                f"{first.grid} at {first.spacing_mm} mm; preprocess all cases to one atlas grid"
            )
    return training, validation, histograms


def _views(
    rows: pd.DataFrame,
    labels: NDArray[np.int64],
    measured: NDArray[np.int64] | None,
    model: ImageModel,
    histograms: Mapping[str, CommonHistogram] | None,
    fold: str,
    cache: Path | None,
    *,
    learns: bool,
) -> ImageCases:
    """Cases as the model sees them.

    One that is to find the tumour by itself learns from the whole grid of each case as well, where its decoder looks
    first: it is drawn as a case more, while an epoch stays one pass over the cases. A case without a mask is learnt
    from there alone. Validation cases are seen as the second pass sees them, cropped around their own masks.
    """
    cropped = model.crop == "tumour"
    learns_whole = cropped and model.crop_from == "segmentation" and learns
    outlined = np.ones(len(rows), dtype=np.bool_)
    if learns_whole:
        outlined[:] = [_has_mask(folder, False) for folder in rows["folder"]]
    views: list[tuple[View, NDArray[np.bool_]]] = [("tumour" if cropped else "centre", outlined)]
    if learns_whole:
        views.append(("whole", np.ones(len(rows), dtype=np.bool_)))
    parts = []
    for view, chosen in views:
        cases, reasons = load_cases(
            rows[chosen],
            labels[chosen],
            model.modalities,
            model.input_shape,
            histograms,
            cache,
            model.ratio_maps,
            view,
            model.clinical,
            None if measured is None else measured[chosen],
        )
        parts.append(cases)
    for reason in reasons:  # of the last view, which has every case
        print(f"{fold}: left out: {reason}", flush=True)
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]


def _has_mask(folder: str, several_regions: bool) -> bool:
    """Tell if a preprocessed case has a tumour mask from which the network's regions can be learnt."""
    path = Path(folder) / "tumour_mask.nii.gz"
    if not path.is_file():
        return False
    mask = read_written_nifti(path, delete=path.parent)
    return bool(np.asarray(mask.dataobj).max() > (1 if several_regions else 0))


def _check_masks(training: ImageCases, parts: bool, fold: str) -> None:
    masks = [case.tumour for case in training.images if case.tumour is not None]
    if not any((mask > (1 if parts else 0)).any() for mask in masks):
        found = "has a tumour mask that tells its parts apart (codes 2 and 4)" if parts else "has a tumour mask"
        raise ValueError(
            f"{fold}: there is segmentation to learn, and no training case {found}; "
            "add tumour masks, or set segmentation: false"
        )


def learn_histograms(cases: pd.DataFrame, modalities: Sequence[str]) -> dict[str, CommonHistogram]:
    """Modality → common histogram of the cases' brains, read one at a time.

    Args:
        cases: columns case_id, folder (of the preprocessed case): a fold's training cases, in an order of their own.
        modalities: modalities of the model.

    Raises:
        ValueError: a modality that no case has.
    """
    each: dict[str, list[CommonHistogram]] = {name: [] for name in modalities}
    for case_id, folder in zip(cases["case_id"], cases["folder"], strict=True):
        try:
            found = brain_intensities(str(case_id), Path(folder), modalities)
            of_case = {name: CommonHistogram.of_image(intensities) for name, intensities in found.items()}
        except ProblemError as error:
            if not isinstance(error, CaseError):
                raise  # a damaged file
            continue  # `load_cases` refuses the same case, and says why
        except ValueError:  # of a modality without a histogram
            continue  # `load_cases` refuses the same case, and says why
        for name, histogram in of_case.items():
            each[name].append(histogram)
    if absent := [name for name, histograms in each.items() if not histograms]:
        raise ValueError(
            f"no training case has a histogram of {', '.join(absent)} to learn from; choose other modalities for the "
            "model, or intensities as_preprocessed"
        )
    return {name: CommonHistogram.mean(histograms) for name, histograms in each.items()}
