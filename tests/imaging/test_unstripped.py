"""The whole way, every step on, for a phantom patient with a skull: twice, each time in a process of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from gliomanet.config.preprocessing import Preprocessing
from gliomanet.config.sources import PhantomSource, Scanner
from gliomanet.imaging.volume import Volume, resample, resample_labels
from gliomanet.phantom.anatomy import draw_anatomy
from gliomanet.phantom.center import simulate_case
from gliomanet.phantom.patients import plan_center
from gliomanet.phantom.seeds import generator
from tests.imaging.conftest import dice, to_atlas, to_native, volume_of, write_files

SEED, CENTER = 1, "A"
SETTINGS = Preprocessing(spacing_mm=4)
COMMAND = """
import json, sys
from pathlib import Path
from gliomanet.imaging.preprocess import preprocess_case
from gliomanet.config.preprocessing import Preprocessing
row, settings, out = sys.argv[1:]
preprocess_case(json.loads(row), Preprocessing.model_validate_json(settings), Path(out), seed=7)
"""


@dataclass(frozen=True)
class Runs:
    first: Path
    second: Path
    record: dict
    row: dict[str, str]
    true_brain: np.ndarray
    """The anatomy that the simulator drew, on the voxels of T1c's file."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory, repository) -> Runs:
    assert (SETTINGS.bias_correction, SETTINGS.coregistration) == (True, True)
    assert (SETTINGS.brain_extraction, SETTINGS.atlas_registration) == ("builtin", "affine")
    source = PhantomSource(cases=1, scanner=Scanner(voxel_mm=(4, 4, 4), skull=True, oblique_degrees=6))
    patient = plan_center(CENTER, source, SEED)[0]
    # Two modalities are enough for every step, and cost half as much as four.
    wanted = ("t1", "t1c", "tumour_mask")
    images = {name: image for name, image in simulate_case(CENTER, patient, source, SEED).items() if name in wanted}
    folder = tmp_path_factory.mktemp("unstripped")
    row = write_files(
        folder / "raw", {n: i.voxels for n, i in images.items()}, {n: i.affine for n, i in images.items()}
    )
    rng = generator(SEED, CENTER, patient.index, "anatomy")
    anatomy = draw_anatomy(patient.location_mm, patient.appearance.mass_effect_mm, True, rng)
    brain = resample(Volume.of(anatomy.brain, anatomy.affine), volume_of(row["t1c"]).grid) >= 0.5
    for name, hash_seed in (("first", "1"), ("second", "2")):
        # Nothing but the library itself may be what keeps ITK to one thread.
        env = {key: value for key, value in os.environ.items() if not key.startswith("ITK_")}
        env |= {"PYTHONPATH": str(repository / "src"), "PYTHONHASHSEED": hash_seed}
        subprocess.run(
            [sys.executable, "-c", COMMAND, json.dumps(row), SETTINGS.model_dump_json(), str(folder / name)],
            env=env,
            check=True,
        )
    record = json.loads((folder / "first" / "preprocess.json").read_text(encoding="utf-8"))
    assert record["status"] == "ok", record["reason"]
    return Runs(folder / "first", folder / "second", record, row, brain)


def test_two_processes_write_the_same_bytes(runs):
    names = {str(path.relative_to(runs.first)) for path in runs.first.rglob("*") if path.is_file()}
    assert names >= {f"{name}.nii.gz" for name in ("brain_mask", "t1", "t1c", "tumour_mask")} | {"preprocess.json"}
    assert names == {str(path.relative_to(runs.second)) for path in runs.second.rglob("*") if path.is_file()}
    for name in sorted(names):
        assert (runs.first / name).read_bytes() == (runs.second / name).read_bytes(), name


def test_every_step_was_on(runs):
    assert "N4: every modality" in runs.record["steps"]
    assert "coregistration: rigid, each modality to t1c" in runs.record["steps"]
    assert "brain: built-in, atlas to t1" in runs.record["steps"]


def test_the_brain_under_the_skull_is_the_one_that_was_drawn(runs):
    found = volume_of(runs.first / "brain_mask.nii.gz")
    carried = resample(found.with_array(found.array > 0), *to_native(runs.record, "t1c")) > 0.5
    assert dice(carried, runs.true_brain) > 0.93
    truth_ml = runs.true_brain.sum() * volume_of(runs.row["t1c"]).grid.voxel_ml
    assert runs.record["qc"]["brain_volume_ml"] == pytest.approx(truth_ml, rel=0.08)
    # The head alone, skull and all, is far from that: the figure says something.
    head = volume_of(runs.row["t1c"]).array > 100
    assert dice(head, runs.true_brain) < 0.85


def test_the_planted_tumour_survives_the_way_to_the_atlas_and_back(runs):
    native, written = volume_of(runs.row["tumour_mask"]), volume_of(runs.first / "tumour_mask.nii.gz")
    assert dice(resample_labels(native, *to_atlas(runs.record, "t1c")) > 0, written.array > 0) > 0.999
    back = resample_labels(written, *to_native(runs.record, "t1c"))
    assert dice(back > 0, native.array > 0) > 0.92
