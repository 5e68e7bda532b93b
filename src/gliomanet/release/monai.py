"""`configs/metadata.json` of a bundle, in the keys of MONAI's model bundles: for whoever lists or reads such bundles.

Nothing here reads it. There is no `configs/inference.json`: its expressions would have to execute code of this package
to say what `gliomanet predict` says, and opening a bundle executes nothing.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from gliomanet import __version__
from gliomanet.bundle.description import BundleDescription
from gliomanet.bundle.external import ExternalMetric
from gliomanet.model_kinds import IMAGE_KINDS
from gliomanet.models.artifact import MODEL_FILE, ImageModelDescription
from gliomanet.patient.result import notice
from gliomanet.release.chosen import Chosen

METADATA = "configs/metadata.json"
SCHEMA = "https://github.com/Project-MONAI/MONAI-extra-test-data/releases/download/0.8.1/meta_schema_20240725.json"
"""Name of the schema that the keys are of; nothing is fetched from there."""

_PACKAGES = ("nibabel", "scikit-learn", "antspyx", "nilearn", "safetensors")


def metadata(chosen: Chosen, description: BundleDescription, external: tuple[ExternalMetric, ...]) -> dict[str, Any]:
    """The metadata of a bundle; its networks are those on images, each with what it takes and gives."""
    networks = {name: _network(chosen, name) for name, of in description.models.items() if of.kind in IMAGE_KINDS}
    sources = sorted({one.source for one in description.centers.values() if one.part == "trained"})
    return {
        "schema": SCHEMA,
        "version": __version__,
        "changelog": {__version__: "made by gliomanet"},
        "monai_version": version("monai"),
        "pytorch_version": version("torch").partition("+")[0],
        "numpy_version": version("numpy"),
        "required_packages_version": {"gliomanet": __version__, **{name: version(name) for name in _PACKAGES}},
        "task": f"Classes of a glioma from MRI: {', '.join(description.tasks)}",
        "description": f"{description.title}: {description.model} ({description.answers.kind}). {notice().text}",
        "authors": "The gliomanet developers",
        "copyright": "Code: Apache-2.0. The data that it was trained on are their owners'.",
        "data_source": f"centres {', '.join(n for n, one in description.centers.items() if one.part == 'trained')} "
        f"({', '.join(sources)}{'; simulated patients' if description.simulated else ''})",
        "data_type": "nifti",
        "image_classes": f"MRI of the head; the model takes {', '.join(description.answers.takes)}",
        "label_classes": {name: list(task.class_names) for name, task in description.tasks.items()},
        "pred_classes": {name: list(task.class_names) for name, task in description.tasks.items()},
        "eval_metrics": {
            f"{one.center} {one.task} {one.metric}": one.value
            for one in external
            if one.model == description.model and one.value is not None
        },
        "intended_use": notice().text,
        "references": [],
        "network_data_format": networks,
    }


def _network(chosen: Chosen, name: str) -> dict[str, Any]:
    """Input and output of a network, after this package's own preprocessing."""
    of = chosen.models[name]
    folder = chosen.finished.layout.model(name, of.stage, of.folds[0]).folder
    described = ImageModelDescription.read(folder / MODEL_FILE)
    given = described.input
    image = {
        "type": "image",
        "format": "magnitude",
        "modality": "MR",
        "num_channels": len(given.modalities) + len(given.ratio_maps),
        "spatial_shape": list(given.shape),
        "dtype": "float32",
        "value_range": [],
        "is_patch_data": False,
        "channel_def": {str(place): channel for place, channel in enumerate((*given.modalities, *given.ratio_maps))},
    }
    outputs = {
        task: {
            "type": "probabilities",
            "format": "classes",
            "num_channels": len(classes.class_names),
            "spatial_shape": [],
            "dtype": "float32",
            "value_range": [0, 1],
            "is_patch_data": False,
            "channel_def": {str(place): label for place, label in enumerate(classes.class_names)},
        }
        for task, classes in described.tasks.items()
    }
    return {"inputs": {"image": image}, "outputs": outputs}
