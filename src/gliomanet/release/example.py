"""The example of a bundle: one simulated patient, and what the bundle said of it when it was made."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from gliomanet.bundle.description import EXAMPLE, EXPECTED
from gliomanet.bundle.read import Bundle
from gliomanet.config.sources import PhantomSource
from gliomanet.patient.checks import Patient
from gliomanet.patient.predict import predict
from gliomanet.patient.result import ResultValues
from gliomanet.phantom.center import simulate_case, write_image
from gliomanet.phantom.patients import plan_patient

CENTER, SEED = "EXAMPLE", 14
SOURCE = PhantomSource.model_validate({"kind": "phantom", "cases": 1, "scanner": {"voxel_mm": [3, 3, 3]}})
MODALITIES = ("t1", "t1c", "t2", "flair")


def write_example(folder: Path) -> None:
    """Simulate the patient into a bundle that is being made."""
    patient = plan_patient(CENTER, SOURCE, SEED, 1)
    for name, image in simulate_case(CENTER, patient, SOURCE, SEED).items():
        write_image(image, folder / EXAMPLE / f"{name}.nii.gz")


def predicted_example(bundle: Bundle) -> dict[str, Any]:
    """The numbers that a bundle gives of its example: probabilities, p of the classes, and volumes."""
    patient = plan_patient(CENTER, SOURCE, SEED, 1)
    told = Patient("example", float(patient.age), "F" if patient.sex == "F" else "M", mask_codes="brats")
    images = {name: path for name in MODALITIES if (path := bundle.folder / EXAMPLE / f"{name}.nii.gz").is_file()}
    with tempfile.TemporaryDirectory(prefix="gliomanet-example-") as scratch:
        mask = bundle.folder / EXAMPLE / "tumour_mask.nii.gz"
        done = predict(bundle, images, scratch, mask=mask, patient=told, accept_names=True, explain=False, page=False)
    return numbers_of(done.content)


def numbers_of(values: ResultValues) -> dict[str, Any]:
    """Name → number, of a result."""
    numbers = {}
    for task in values.tasks:
        for one in task.classes:
            numbers[f"{task.task} {one.name} probability"] = one.probability
            numbers[f"{task.task} {one.name} p"] = one.set_p
    for volume in values.segmentation.volumes if values.segmentation else ():
        numbers[f"{volume.region} ml"] = volume.on_atlas_ml
    return numbers


def expected_of(bundle: Bundle) -> dict[str, float]:
    """The numbers that were written when the bundle was made."""
    found: dict[str, float] = json.loads((bundle.folder / EXPECTED).read_text(encoding="utf-8"))
    return found
