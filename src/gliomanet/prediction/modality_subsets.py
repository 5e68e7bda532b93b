"""Predictions of a trained image network without some of a case's modalities.

A case is seen with every non-empty subset of the modalities that it has. A modality that is taken away is marked absent
and its channel emptied, as `gliomanet.models.case_input.load_case` leaves that of a case without the file, so that its
content cannot matter. What was made with its help before the network is kept, as in any study: the case's place on the
atlas and its brain mask. Metrics are those of the network's plain pass, without the flips, the temperature and the
joint decoding that a study may add to its predictions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor

from gliomanet.modalities import modality_subsets_of, ratio_of, subset_name
from gliomanet.models.case_input import network_input
from gliomanet.models.devices import choose_device, told_of_memory
from gliomanet.prediction.image import (
    ImageModel,
    clinical_of,
    load_image_model,
    looked_at,
    opened,
    read_inputs,
    reproducible,
)
from gliomanet.uncertainty.probabilities import softmax

COLUMNS = ("case_id", "subset", "task", "class", "probability")


def predict_subsets(fit: Path | ImageModel, cases: pd.DataFrame, *, threads: int, gpus: int) -> pd.DataFrame:
    """Probabilities of cases for every non-empty subset of the network's modalities that the case has.

    Each case is read once; its subsets go through the network one at a time, so that a number depends on nothing but
    the case and the subset, and that of all modalities is the ordinary prediction, bit for bit.

    Args:
        fit: folder of the trained network, or the network loaded.
        cases: columns case_id, folder (of the preprocessed case), age and sex where the network takes them.
            A case without any modality that can be read is left out, and printed with the reason.
        threads: CPU threads.
        gpus: GPUs the job was given; 0 computes on the CPU.

    Returns:
        Columns `COLUMNS`; a subset is named by its modalities, `t1+t1c`. A case that has m of the modalities has
        2^m − 1 subsets: it is no part of those of a modality that it lacks.

    Raises:
        ValueError: the folder holds no image network, or a case's grid is not the one that it was trained on.
    """
    model = opened(fit)
    device = choose_device(gpus).torch
    network = model.network.to(device)
    folders = {str(case_id): Path(path) for case_id, path in zip(cases["case_id"], cases["folder"], strict=True)}
    clinical, rows = clinical_of(model, cases), []
    for case_id, x, available in read_inputs(model, cases, threads=threads):
        for subset, reduced, kept in _reduced_inputs(model, case_id, folders[case_id], x, available, threads=threads):
            with reproducible(threads), torch.inference_mode(), told_of_memory(f"case {case_id}", device):
                images = network(reduced.to(device), kept.to(device), segment=False)
                logits = network.with_clinical(images, clinical[case_id].to(device)).logits
            for task, names in model.classes.items():
                probabilities = softmax(logits[task][0].double().cpu().numpy()).tolist()
                rows += [(case_id, subset, task, name, p) for name, p in zip(names, probabilities, strict=True)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def fusion_weights(folder: Path) -> dict[str, float]:
    """Modality or ratio map → the share that a network's learned fusion gives it, summing to 1.

    Empty where the network has no such fusion.

    Raises:
        ValueError: the folder holds no image network.
    """
    model = load_image_model(folder)
    learned = getattr(model.network, "modality_significance", None)
    return {} if learned is None else dict(zip(model.channels, learned().double().tolist(), strict=True))


def _reduced_inputs(
    model: ImageModel, case_id: str, folder: Path, x: Tensor, available: Tensor, *, threads: int
) -> Iterator[tuple[str, Tensor, Tensor]]:
    """Each subset's name, and the input of a case that has these modalities alone."""
    flags = available[0, : len(model.modalities)].tolist()
    subsets = modality_subsets_of(name for name, has in zip(model.modalities, flags, strict=True) if has)
    # Without a mask the brain is where a modality is not 0: those taken away must not help to find it.
    # Nor those that a first pass would have found the tumour by.
    read_again = not (folder / "brain_mask.nii.gz").is_file() or model.finds_tumours
    for subset in subsets:
        if subset == subsets[-1]:
            yield subset_name(subset), x, available
        elif read_again:
            case = looked_at(model, case_id, folder, only=subset, threads=threads)
            yield subset_name(subset), *network_input(case, prompt=bool(model.network.PROMPT_CHANNELS))
        else:
            there = (*subset, *_ratios_within(subset, model.ratio_maps))
            kept = available & torch.tensor([[name in there for name in model.channels]])
            reduced = x.clone()
            reduced[:, : len(model.channels)][~kept] = 0
            yield subset_name(subset), reduced, kept


def _ratios_within(subset: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """The ratio maps of which a subset has both modalities."""
    return tuple(name for name in names if set(ratio_of(name)) <= set(subset))
