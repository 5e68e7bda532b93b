"""Attribution of a network's output to the voxels of one case, by integrated gradients.

Every network on images of the study is explained in the same way: the output is the evidence for one class, and the
path leads from the case's own images without their detail, blurred within the brain, to the images as they are; brain
mask and clinical data are the same on the whole of it. A path from nothing would be no better told: networks that
normalise their own maps change all they say at the first trace of an image, so that the values would not add up. What
a network decides before it looks closely, the place of its crop, is held as the case's own images decide it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from gliomanet.models.case_input import CaseImages, network_input
from gliomanet.models.case_view import Centre, put_window, tumour_centre, window_start
from gliomanet.models.devices import told_of_memory
from gliomanet.networks.image_network import ImageNetwork
from gliomanet.networks.outputs import TaskOutputs
from gliomanet.prediction.image import ImageModel, check_grid, clinical_of, find_tumour, reproducible

STEPS = 16
"""Points of the path at which gradients are taken, those of Gauss and Legendre."""

BLUR_MM = 15.0
"""Standard deviation of the Gaussian that takes the detail off."""


@dataclass(frozen=True)
class VoxelAttribution:
    """A case's voxels, each with what it adds to the evidence for a class.

    Attributes:
        by_voxel: float64 (X, Y, Z) on the case's grid, the sum over the network's channels; 0 where it does not look.
        by_channel: modality or ratio map → the sum of its voxels.
        base: the output at the start of the path: of the blurred case.
        output: the output of the case.
    """

    by_voxel: NDArray[np.float64]
    by_channel: dict[str, float]
    base: float
    output: float


def attribute(
    model: ImageModel, case: pd.DataFrame, classes: Mapping[str, str], *, threads: int, steps: int = STEPS
) -> dict[str, VoxelAttribution]:
    """Task → the attribution of its class's evidence: its logit minus the mean of the others'.

    The plain pass is explained, without mirror images and before any temperature.

    Args:
        model: a network, where it computes.
        case: one row: case_id, folder (of the preprocessed case), age and sex where the network takes them.
        classes: task → class; tasks that the network has not learnt are left out.
        threads: CPU threads; another number may change last digits.
        steps: points of the path.

    Raises:
        CaseError: as `load_case`.
        ValueError: the case lies on another grid than the model was trained on.

    Source: Sundararajan et al., ICML 2017, arXiv:1703.01365; of blurred starts, Sturmfels et al., Distill (2020),
    10.23915/distill.00022.
    """
    case_id, folder = str(case["case_id"].iloc[0]), Path(case["folder"].iloc[0])
    seen, start = _seen(model, case_id, folder, threads=threads)
    places = {task: names.index(classes[task]) for task, names in model.classes.items() if task in classes}
    device = next(model.network.parameters()).device
    x, available = (part.to(device) for part in network_input(seen, prompt=bool(model.network.PROMPT_CHANNELS)))
    images = len(model.channels)
    away = x[:, :images] - torch.from_numpy(blurred(seen)[None]).to(device)
    with reproducible(threads), told_of_memory(f"case {case_id}", device):
        answer = _answer(model.network, x, available, clinical_of(model, case)[case_id].to(device))

        def evidence(share: float) -> tuple[Tensor, dict[str, Tensor]]:
            given = (x[:, :images] - (1 - share) * away).requires_grad_()
            logits = answer(torch.cat([given, x[:, images:]], dim=1))
            return given, {task: _evidence(logits[task][0], place) for task, place in places.items()}

        with torch.no_grad():
            base, output = ({task: float(one) for task, one in evidence(share)[1].items()} for share in (0.0, 1.0))
        slopes = {task: torch.zeros_like(x[0, :images], dtype=torch.float64) for task in places}
        for share, weight in path(steps):
            given, found = evidence(share)
            for left, (task, value) in zip(range(len(found) - 1, -1, -1), found.items(), strict=True):
                (slope,) = torch.autograd.grad(value, given, retain_graph=left > 0)
                slopes[task] += weight * slope[0].double()
        values = {task: (slope * away[0].double()).cpu().numpy() for task, slope in slopes.items()}
    outside = np.zeros(seen.grid)
    return {
        task: VoxelAttribution(
            put_window(own.sum(axis=0), start, outside),
            dict(zip(model.channels, own.sum(axis=(1, 2, 3)).tolist(), strict=True)),
            base[task],
            output[task],
        )
        for task, own in values.items()
    }


def blurred(case: CaseImages) -> NDArray[np.float32]:
    """The images (M, D, H, W) without their detail: a Gaussian mean over the brain's voxels alone, 0 outside."""
    sigma = [BLUR_MM / size for size in case.spacing_mm]
    brain = case.brain.astype(np.float32)
    weight = np.maximum(ndimage.gaussian_filter(brain, sigma, truncate=3), 1e-6)
    sums = (ndimage.gaussian_filter(one.astype(np.float32) * brain, sigma, truncate=3) for one in case.image)
    return np.stack([total / weight * brain for total in sums]).astype(np.float32)


def path(steps: int) -> list[tuple[float, float]]:
    """Points of the path in (0, 1) and their weights, which sum to 1.

    >>> [(round(share, 4), round(weight, 4)) for share, weight in path(2)]
    [(0.2113, 0.5), (0.7887, 0.5)]
    """
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    return list(zip(((nodes + 1) / 2).tolist(), (weights / 2).tolist(), strict=True))


def _evidence(logits: Tensor, place: int) -> Tensor:
    """A class's logit minus the mean of the others' (K,), in double precision."""
    others = torch.cat([logits[:place], logits[place + 1 :]])
    return logits[place].double() - others.double().mean()


def _answer(
    network: ImageNetwork, x: Tensor, available: Tensor, clinical: Tensor
) -> Callable[[Tensor], Mapping[str, Tensor]]:
    """The logits of an input; GMMAS's crop is where the case's own images put it."""
    how: dict[str, Any] = {}
    if getattr(network, "CROPS", False):
        with torch.no_grad():
            corners = network(x, available, segment=False).corners
        size = network.window(x)  # type: ignore[operator]
        how["centres"] = corners.float() + corners.new_tensor(size, dtype=torch.float32) / 2

    def logits(given: Tensor) -> Mapping[str, Tensor]:
        images: TaskOutputs = network(given, available, segment=False, **how)
        return network.with_clinical(images, clinical).logits

    return logits


def _seen(model: ImageModel, case_id: str, folder: Path, *, threads: int) -> tuple[CaseImages, Sequence[int]]:
    """The images that the network decides classes from, as `looked_at` gives them, and their first voxel there."""
    centre: Centre | None = None
    if model.finds_tumours:
        centre, _ = find_tumour(model, model.load(case_id, folder, view="whole"), threads=threads)
    elif model.crop == "tumour":
        whole = model.load(case_id, folder, tumour=True, shape=model.grid)
        centre = None if whole.tumour is None else tumour_centre(whole.tumour)
    case = model.load(case_id, folder, view="centre" if centre is None else centre)
    check_grid(model, case, folder)
    if centre is not None:
        return case, window_start(centre, case.grid, model.shape)
    # the central crop, see `crop_or_pad`: truncated towards zero on either side
    return case, [int((have - want) / 2) for have, want in zip(case.grid, model.shape, strict=True)]
