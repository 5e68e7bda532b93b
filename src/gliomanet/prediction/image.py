"""Predictions and deep features of a trained image network."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gliomanet.errors import CaseError
from gliomanet.modalities import ratio_of
from gliomanet.models.artifact import MODEL_FILE, ImageModelDescription
from gliomanet.models.case_input import CaseImages, Shape, load_case, network_input
from gliomanet.models.case_view import Centre, View, centre_on_grid, tumour_centre
from gliomanet.models.devices import choose_device, told_of_memory, torch_threads
from gliomanet.models.nyul import CommonHistogram
from gliomanet.models.tabular_inputs import clinical_values
from gliomanet.networks import build
from gliomanet.networks.image_network import ImageNetwork
from gliomanet.prediction.test_time_augmentation import FLIPPED_AXES
from gliomanet.seeds import derive_seed
from gliomanet.uncertainty.probabilities import entropy, softmax

if TYPE_CHECKING:
    from gliomanet.config.types import Flips


@dataclass(frozen=True)
class ImageModel:
    """A trained network with what it needs to know of its input.

    Attributes:
        ratio_maps: ratios of two modalities, whose channels follow theirs.
        crop: `tumour`: its crop is around the tumour; `crop_from`: what tells where that is, see `InputGeometry`.
        classes: task that the network learned → class names, in the order of the class axis.
        dropout: rate before each task's last layer.
        grid: the preprocessed images' size and `spacing_mm` their voxel size, as in training.
        histograms: modality → common histogram learnt in training, which images are mapped to; `None`: they are given
            to the network as preprocessed.
        clinical: what of a patient the network takes, in its order.
    """

    network: ImageNetwork
    modalities: tuple[str, ...]
    ratio_maps: tuple[str, ...]
    crop: Literal["centre", "tumour"]
    crop_from: Literal["segmentation", "mask"] | None
    shape: Shape
    classes: dict[str, tuple[str, ...]]
    dropout: float
    grid: Shape
    spacing_mm: tuple[float, float, float]
    histograms: dict[str, CommonHistogram] | None
    clinical: tuple[str, ...] = ()

    @property
    def channels(self) -> tuple[str, ...]:
        """The content of each channel of its input."""
        return (*self.modalities, *self.ratio_maps)

    @property
    def finds_tumours(self) -> bool:
        """True where a first pass finds the tumour, around which the second looks."""
        return self.crop == "tumour" and self.crop_from == "segmentation"

    def load(
        self,
        case_id: str,
        folder: Path,
        *,
        only: Sequence[str] | None = None,
        tumour: bool = False,
        shape: Shape | None = None,
        view: View | Centre = "centre",
    ) -> CaseImages:
        """A preprocessed case on the channels of its network; see `load_case`.

        Args:
            case_id: for errors.
            folder: the case's folder.
            only: modalities that are looked at, as if there were no files of the others; default: all.
            tumour: with its tumour mask.
            shape: voxels; default: the network's input.
            view: see `load_case`.
        """
        names = self.modalities if only is None else tuple(only)
        ratios = tuple(name for name in self.ratio_maps if set(ratio_of(name)) <= set(names))
        how: dict[str, Any] = {"histograms": self.histograms, "ratio_maps": ratios, "view": view}
        case = load_case(case_id, folder, names, shape or self.shape, tumour=tumour, **how)
        image = np.zeros((len(self.channels), *case.image.shape[1:]), dtype=case.image.dtype)
        available = np.zeros(len(self.channels), dtype=np.bool_)
        places = [self.channels.index(name) for name in (*names, *ratios)]
        image[places], available[places] = case.image, case.available
        return replace(case, image=image, available=available)


@dataclass(frozen=True)
class CaseOutputs:
    """Probabilities (K,) and deep feature (F,) of every task for one case, float64.

    With flips, probabilities are their mean; the deep features are the unflipped pass's, as heads and explanations
    know them.
    """

    case_id: str
    probabilities: dict[str, NDArray[np.float64]]
    features: dict[str, NDArray[np.float64]]


def load_image_model(folder: Path) -> ImageModel:
    """Load the network in a folder that training wrote (`model.json`, `weights.pt`), in evaluation mode on the CPU.

    Raises:
        ModelError: `model.json` cannot be read, or the folder holds another kind of model.
        ProblemError: the weights are not those that training wrote.
    """
    description = ImageModelDescription.read(folder / MODEL_FILE)
    weights = io.BytesIO(description.file_of(folder, "weights.pt"))
    return image_model(description, torch.load(weights, map_location="cpu", weights_only=True))


def opened(fit: Path | ImageModel) -> ImageModel:
    """A model that is loaded, or that of a folder."""
    return load_image_model(fit) if isinstance(fit, Path) else fit


def image_model(description: ImageModelDescription, weights: Mapping[str, Tensor]) -> ImageModel:
    """The network that a description and its weights are, in evaluation mode on the CPU."""
    with torch.random.fork_rng(devices=[]):  # first weights are drawn, and thrown away
        network = build(description.kind, **description.constructor)
    assert isinstance(network, ImageNetwork)
    network.load_state_dict(weights)
    given = description.input
    return ImageModel(
        network.eval(),
        given.modalities,
        given.ratio_maps,
        given.crop,
        given.crop_from,
        given.shape,
        {name: task.class_names for name, task in description.tasks.items()},
        description.constructor["dropout"],
        given.grid,
        given.spacing_mm,
        given.histograms,
        tuple(description.clinical.standards) if description.clinical else (),
    )


def predict_cases(
    fit: Path | ImageModel, cases: pd.DataFrame, *, threads: int, gpus: int, flips: Flips = "none"
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Probabilities and deep features of cases, without a tumour mask unless the model is cropped around it.

    A network decides a case's classes from one crop of the atlas grid, the whole brain or (`crop: tumour`) what lies
    around the tumour, so that there are no windows to slide; for segmentations there are, see
    `prediction.sliding_window`. Cases go through the network one at a time, so that a case's numbers do not depend on
    its neighbours. A case none of whose modalities can be read is left out, and printed with the reason.

    Args:
        fit: folder of the trained model, or the model loaded.
        cases: columns case_id, folder (of the preprocessed case), and age and sex for a network that takes them. A
            case whose are not known is predicted without, and printed.
        threads: CPU threads.
        gpus: GPUs the job was given; 0 computes on the CPU.
        flips: averages the probabilities of the case and of its mirror images; deep features are the case's own.

    Returns:
        Table case_id, task, class, probability, uncertainty (entropy in nats of the task's probabilities), and table
        case_id, task, z0, z1, … of deep features, and z_age, z_sex of clinical data as the network takes them; in the
        order of the cases, tasks and classes.

    Raises:
        ValueError: a case's voxel size is not the one that the model was trained on.
    """
    model = opened(fit)
    for case_id, values in clinical_of(model, cases).items():
        if unknown := [name for name, value in zip(model.clinical, values[0].isnan(), strict=True) if value]:
            print(f"not known: case {case_id}: {', '.join(unknown)}; what the network learnt stands for it", flush=True)
    probabilities, deep = [], []
    for outputs in _outputs(model, cases, threads=threads, gpus=gpus, flips=flips):
        for task, names in model.classes.items():
            p = outputs.probabilities[task]
            uncertainty = entropy(p.tolist())
            probabilities += [
                (outputs.case_id, task, name, value, uncertainty) for name, value in zip(names, p.tolist(), strict=True)
            ]
            deep.append((outputs.case_id, task, *outputs.features[task].tolist()))
    columns = [*(f"z{i}" for i in range(model.network.deep_feature_size)), *(f"z_{name}" for name in model.clinical)]
    return (
        pd.DataFrame(probabilities, columns=["case_id", "task", "class", "probability", "uncertainty"]),
        pd.DataFrame(deep, columns=["case_id", "task", *columns]),
    )


def stochastic_passes(
    fit: Path | ImageModel, cases: pd.DataFrame, passes: int, seed: int, *, threads: int = 1, gpus: int = 0
) -> dict[str, NDArray[np.float64]]:
    """Class probabilities with dropout drawn again in every pass (Monte-Carlo dropout).

    Where the network's only dropout is on the deep features (`draws_deep_features_only`), these are computed once, and
    the passes draw dropout on them: the same distribution as whole passes, at the cost of one. Other networks are
    passed through whole. A case's draws depend on the seed and its id alone.

    Args:
        fit: folder of the trained model, or the model loaded.
        cases: columns case_id, folder, and age and sex for a network that takes them.
        passes: S.
        seed: of the draws.
        threads: CPU threads.
        gpus: as in `predict_cases`.

    Returns:
        Task → (S, N, K) for the N cases in their order; NaN for one that could not be read, which is printed.
    """
    model = opened(fit)
    position = {str(case): number for number, case in enumerate(cases["case_id"])}
    drawn = {task: np.full((passes, len(cases), len(names)), np.nan) for task, names in model.classes.items()}
    draw = _passes_of_heads if model.network.draws_deep_features_only() else _whole_passes
    for case_id, probabilities in draw(model, cases, passes, seed, threads=threads, gpus=gpus):
        for task, of_case in probabilities.items():
            drawn[task][:, position[case_id]] = of_case
    return drawn


Passes = Iterator[tuple[str, dict[str, NDArray[np.float64]]]]
"""For each case its id, and task → (S, K) probabilities of S passes."""


def _passes_of_heads(
    model: ImageModel, cases: pd.DataFrame, passes: int, seed: int, *, threads: int, gpus: int
) -> Passes:
    heads = {task: (w.double().numpy(), b.double().numpy()) for task, (w, b) in model.network.heads().items()}
    for outputs in _outputs(model, cases, threads=threads, gpus=gpus):
        rng = np.random.default_rng(derive_seed(seed, "dropout passes", outputs.case_id))
        found = {}
        for task, (weight, bias) in heads.items():
            image = model.network.deep_feature_size  # what follows is clinical, and no part of dropout
            kept = rng.random((passes, image)) >= model.dropout
            features = np.tile(outputs.features[task], (passes, 1))
            features[:, :image] *= kept / max(1 - model.dropout, np.finfo(float).tiny)
            found[task] = softmax(features @ weight.T + bias)
        yield outputs.case_id, found


def _whole_passes(model: ImageModel, cases: pd.DataFrame, passes: int, seed: int, *, threads: int, gpus: int) -> Passes:
    device, clinical = choose_device(gpus), clinical_of(model, cases)
    network = model.network.to(device.torch)
    for module in model.network.modules():
        module.training = isinstance(module, nn.Dropout | nn.Dropout3d)  # batch norm keeps its running statistics
    for case_id, x, available in read_inputs(model, cases, threads=threads):
        with (
            torch.random.fork_rng(devices=[device.index] if device.type == "cuda" else []),
            reproducible(threads),
            torch.inference_mode(),
        ):
            torch.manual_seed(derive_seed(seed, "dropout passes", case_id))
            with told_of_memory(f"case {case_id}", device.torch):
                given, values = (x.to(device.torch), available.to(device.torch)), clinical[case_id].to(device.torch)
                outputs = [network.with_clinical(network(*given, segment=False), values) for _ in range(passes)]
                logits = [one.logits for one in outputs]
        yield (
            case_id,
            {task: softmax(torch.cat([one[task] for one in logits]).double().cpu().numpy()) for task in model.classes},
        )


def _outputs(
    model: ImageModel, cases: pd.DataFrame, *, threads: int, gpus: int, flips: Flips = "none"
) -> Iterator[CaseOutputs]:
    device = choose_device(gpus).torch
    network, clinical = model.network.to(device), clinical_of(model, cases)
    for case_id, x, available in read_inputs(model, cases, threads=threads):
        with reproducible(threads), torch.inference_mode(), told_of_memory(f"case {case_id}", device):
            x, available = x.to(device), available.to(device)
            values = clinical[case_id].to(device)
            images = [network(x.flip(axes), available, segment=False) for axes in FLIPPED_AXES[flips]]
            passes = [network.with_clinical(one, values) for one in images]
        yield CaseOutputs(
            case_id,
            {
                task: np.mean([softmax(one.logits[task][0].double().cpu().numpy()) for one in passes], axis=0)
                for task in passes[0].logits
            },
            {task: value[0].double().cpu().numpy() for task, value in passes[0].features.items()},
        )


def clinical_of(model: ImageModel, cases: pd.DataFrame) -> dict[str, Tensor]:
    """Each case's clinical data as a batch of one (1, C), NaN = not known."""
    values = torch.from_numpy(clinical_values(cases, model.clinical))
    return {str(case_id): of_case[None] for case_id, of_case in zip(cases["case_id"], values, strict=True)}


def read_inputs(model: ImageModel, cases: pd.DataFrame, *, threads: int) -> Iterator[tuple[str, Tensor, Tensor]]:
    """Each case that can be read, as a batch of one."""
    for case_id, path in zip(cases["case_id"], cases["folder"], strict=True):
        try:
            case = looked_at(model, str(case_id), Path(path), threads=threads)
        except CaseError as error:
            print(f"left out: {error}", flush=True)
            continue
        check_grid(model, case, Path(path))
        yield case.case_id, *network_input(case, prompt=bool(model.network.PROMPT_CHANNELS))


def looked_at(
    model: ImageModel, case_id: str, folder: Path, *, only: Sequence[str] | None = None, threads: int
) -> CaseImages:
    """A case as the network decides on it, after a first pass where the model finds the tumour by itself.

    Args:
        model: with its network where it computes.
        case_id: for errors.
        folder: the case's folder.
        only: see `ImageModel.load`; the first pass sees these alone, too.
        threads: CPU threads.
    """
    if not model.finds_tumours:
        return model.load(case_id, folder, only=only, view=model.crop)
    centre, _ = find_tumour(model, model.load(case_id, folder, only=only, view="whole"), threads=threads)
    return model.load(case_id, folder, only=only, view="centre" if centre is None else centre)


def find_tumour(model: ImageModel, case: CaseImages, *, threads: int) -> tuple[Centre | None, NDArray[np.float64]]:
    """The tumour's centre by the first pass, and the probabilities (R, D, H, W) of its regions in that view.

    Args:
        model: with its network where it computes; dropout is off in this pass.
        case: in the view `whole`.
        threads: CPU threads.

    Returns:
        The centre, in voxels of the case's grid; `None`, which is printed, where no voxel of the brain is above one
        half.
    """
    network, device = model.network, next(model.network.parameters()).device
    x, available = network_input(case, prompt=False)
    modes = {module: module.training for module in network.modules()}
    network.eval()
    with reproducible(threads), torch.inference_mode(), told_of_memory(f"case {case.case_id}", device):
        logits = network(x.to(device), available.to(device)).segmentation
    for module, mode in modes.items():
        module.training = mode
    assert logits is not None, "its settings say that it segments"
    probabilities = logits[0].sigmoid().double().cpu().numpy() * case.brain
    found = tumour_centre(probabilities.max(axis=0) > 0.5)
    if found is None:
        print(f"case {case.case_id}: the first pass finds no tumour; its central crop is taken", flush=True)
        return None, probabilities
    return centre_on_grid(found, case.grid, model.shape), probabilities


def check_grid(model: ImageModel, case: CaseImages, path: Path) -> None:
    """Raise ValueError where a case read from `path` lies on another grid than the model was trained on."""
    if case.spacing_mm != model.spacing_mm or case.grid != model.grid:
        raise ValueError(
            f"case {case.case_id} in {path} has grid {case.grid} at {case.spacing_mm} mm; the model was trained on "
            f"{model.grid} at {model.spacing_mm} mm: preprocess the case with the model's atlas grid"
        )


@contextmanager
def reproducible(threads: int) -> Iterator[None]:
    """Set the job's threads, and convolutions that give the same digits every time; afterwards the process's own."""
    exact = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
    with torch_threads(threads), exact:
        yield
