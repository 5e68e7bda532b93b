"""Installed programs, played by scripts on the PATH: what they are called with, and what becomes of their answers."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from gliomanet.errors import CaseError, StudyStopError
from gliomanet.imaging.brain_extraction import external_tools as brain_programs
from gliomanet.imaging.brain_extraction.external_tools import extract_with, missing_program
from gliomanet.imaging.volume import Volume

# Every script notes what it was called with; then a body of its own follows.
SCRIPT = """#!{python}
import json, os, sys
import nibabel as nib, numpy as np
args = sys.argv[1:]
if "--help" in args:
    print({help!r}); sys.exit(0)
with open({log!r}, "w") as log:
    json.dump({{"args": args, "threads": os.environ.get("OMP_NUM_THREADS")}}, log)
value = lambda *names: next(args[i + 1] for i, a in enumerate(args) if a in names)
image = nib.load(value("-i"))
mask = (np.asarray(image.dataobj) > 50).astype(np.uint8)
"""
HD_BET_2 = """
nib.save(nib.Nifti1Image(mask, image.affine), value("-o")[:-7] + "_bet.nii.gz")
"""
HD_BET_1 = """
nib.save(nib.Nifti1Image(mask, image.affine), value("-o")[:-7] + "_mask.nii.gz")
"""
SYNTHSTRIP = """
nib.save(nib.Nifti1Image(mask, image.affine), value("-m"))
"""


@pytest.fixture
def image() -> Volume:
    """A ball of 100 in a room of 1, on oblique voxels."""
    x, y, z = np.indices((12, 14, 10))
    array = np.where((x - 5) ** 2 + (y - 6) ** 2 + (z - 5) ** 2 < 16, 100, 1).astype(np.float32)
    affine = np.array([[2, 0.3, 0, -10], [-0.3, 2, 0, 5], [0, 0, 4, 7], [0, 0, 0, 1.0]])
    return Volume.of(array, affine)


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Write a script to an otherwise empty PATH; returns a reader of what it was called with."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    for variable in ("GLIOMANET_HD_BET", "GLIOMANET_SYNTHSTRIP"):
        monkeypatch.delenv(variable, raising=False)
    brain_programs._hd_bet_has_masks_option.cache_clear()

    def write(name: str, body: str, shown: str = ""):
        log = tmp_path / "called.json"
        path = folder / name
        path.write_text(SCRIPT.format(python=sys.executable, help=shown, log=str(log)) + body, encoding="utf-8")
        path.chmod(0o755)
        return lambda: json.loads(log.read_text(encoding="utf-8"))

    yield write
    brain_programs._hd_bet_has_masks_option.cache_clear()


def test_hd_bet_2_is_asked_for_its_mask_alone_on_the_cpu(install, image):
    called = install("hd-bet", HD_BET_2, "usage: hd-bet [--save_bet_mask] [--no_bet_image]")
    np.testing.assert_array_equal(extract_with("hd-bet", image, "P-1"), image.array > 50)
    args = called()["args"]
    assert args[4:] == ["--save_bet_mask", "--no_bet_image", "-device", "cpu", "--disable_tta"]
    assert called()["threads"] == "1"
    assert not Path(args[1]).exists()  # the patient's image does not stay behind


def test_hd_bet_1_is_told_apart_by_its_help(install, image):
    called = install("hd-bet", HD_BET_1, "usage: hd-bet [-s SAVE_MASK]")
    np.testing.assert_array_equal(extract_with("hd-bet", image, "P-1"), image.array > 50)
    assert called()["args"][4:] == ["-s", "1", "-device", "cpu", "-mode", "fast", "-tta", "0"]


@pytest.mark.parametrize("command", ["mri_synthstrip", "synthstrip-docker", "synthstrip-singularity"])
def test_synthstrip_is_found_under_each_of_its_names(install, image, command):
    called = install(command, SYNTHSTRIP)
    assert missing_program("synthstrip") is None
    np.testing.assert_array_equal(extract_with("synthstrip", image, "P-1"), image.array > 50)
    assert [Path(arg).name for arg in called()["args"]] == ["-i", "image.nii.gz", "-m", "mask.nii.gz"]


def test_a_variable_holds_a_command_line_with_arguments(install, image, monkeypatch, tmp_path):
    called = install("nipreps-synthstrip", SYNTHSTRIP)
    moved = (tmp_path / "bin" / "nipreps-synthstrip").rename(tmp_path / "elsewhere")
    monkeypatch.setenv("GLIOMANET_SYNTHSTRIP", f"{moved} --model '/my weights/synthstrip.1.pt'")
    assert missing_program("synthstrip") is None
    assert extract_with("synthstrip", image, "P-1").any()
    assert called()["args"][:2] == ["--model", "/my weights/synthstrip.1.pt"]


def test_a_device_in_the_variable_is_kept(install, image, monkeypatch):
    called = install("hd-bet", HD_BET_2, "--save_bet_mask")
    monkeypatch.setenv("GLIOMANET_HD_BET", "hd-bet -device cuda")
    assert extract_with("hd-bet", image, "P-1").any()
    args = called()["args"]
    assert args[:2] == ["-device", "cuda"]
    assert "cpu" not in args
    assert "--disable_tta" not in args


@pytest.mark.parametrize(
    ("program", "command", "variable"),
    [("hd-bet", "hd-bet", "GLIOMANET_HD_BET"), ("synthstrip", "mri_synthstrip", "GLIOMANET_SYNTHSTRIP")],
)
@pytest.mark.usefixtures("install")
def test_a_missing_program_is_named_with_what_to_do(image, program, command, variable):
    problem = missing_program(program)
    assert problem.rule == "program_missing"
    assert command in problem.found
    assert variable in problem.action
    with pytest.raises(StudyStopError) as caught:
        extract_with(program, image, "P-1")
    assert caught.value.problem.rule == "program_missing"


@pytest.mark.usefixtures("install")
def test_a_variable_that_points_nowhere_is_named(monkeypatch):
    monkeypatch.setenv("GLIOMANET_HD_BET", "/nowhere/hd-bet -device cuda")
    problem = missing_program("hd-bet")
    assert problem.rule == "program_missing"
    assert "/nowhere/hd-bet -device cuda" in problem.found
    assert "GLIOMANET_HD_BET" in problem.action


def test_an_unknown_program_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="unknown program 'bet'; known: hd-bet, synthstrip"):
        missing_program("bet")


@pytest.mark.parametrize(
    ("body", "rule", "names"),
    [
        (
            'print("line 1\\n" * 20); print("CUDA out of memory"); sys.exit(3)',
            "program_failed",
            ("3", "mri_synthstrip", "CUDA out of memory"),
        ),
        ('print("all well")', "program_wrote_no_mask", ("all well",)),
        (
            'nib.save(nib.Nifti1Image(mask[1:], image.affine), value("-m"))',
            "program_mask_on_a_foreign_grid",
            ("(11, 14, 10)", "(12, 14, 10)"),
        ),
        (
            'nib.save(nib.Nifti1Image(mask, np.eye(4)), value("-m"))',
            "program_mask_on_a_foreign_grid",
            (),
        ),
        ('nib.save(nib.Nifti1Image(0 * mask, image.affine), value("-m"))', "program_found_no_brain", ()),
    ],
)
def test_a_run_that_went_wrong_says_how(install, image, body, rule, names):
    install("mri_synthstrip", body)
    with pytest.raises(CaseError) as caught:
        extract_with("synthstrip", image, "P-1")
    problem = caught.value.problem
    assert (problem.rule, problem.case) == (rule, "P-1")
    assert "synthstrip" in problem.found
    assert all(name in problem.found + problem.action for name in names)


def test_a_mask_with_a_fourth_axis_of_one_is_read(install, image):
    install("mri_synthstrip", 'nib.save(nib.Nifti1Image(mask[..., None], image.affine), value("-m"))')
    np.testing.assert_array_equal(extract_with("synthstrip", image, "P-1"), image.array > 50)


def test_the_users_environment_reaches_the_program(install, image, monkeypatch):
    monkeypatch.setenv("FREESURFER_HOME", "/opt/freesurfer")
    install("mri_synthstrip", "mask *= os.environ['FREESURFER_HOME'] == '/opt/freesurfer'" + SYNTHSTRIP)
    assert extract_with("synthstrip", image, "P-1").any()
    assert "nnUNet_def_n_proc" not in os.environ  # what is set for the program stays with it
