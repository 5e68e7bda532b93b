"""HD-BET and SynthStrip, where the user has installed them with their weights: run on one image, mask read back.

HD-BET: versions 1 (`-s 1`, mask in `…_mask.nii.gz`) and 2 (`--save_bet_mask`, mask in `…_bet.nii.gz`) are told apart by
their help; Isensee et al., Hum. Brain Mapp. 40:4952 (2019), 10.1002/hbm.24750. SynthStrip: FreeSurfer's
`mri_synthstrip`, its container scripts, or `nipreps-synthstrip`, which share their options; Hoopes et al., NeuroImage
260:119474 (2022), 10.1016/j.neuroimage.2022.119474.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import nibabel as nib
import numpy as np

from gliomanet.errors import CaseError, Problem, StudyStopError
from gliomanet.files.nifti import write_nifti
from gliomanet.files.storage import refuse_where_full
from gliomanet.imaging.foreground import Mask
from gliomanet.imaging.volume import Volume

Program = Literal["hd-bet", "synthstrip"]

_LAST_LINES = 8
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS", "nnUNet_def_n_proc"), "1"
) | {"PYTHON_CPU_COUNT": "1"}  # HD-BET 2 takes all the processors that Python counts, whatever the others say


@dataclass(frozen=True)
class _Installation:
    """Places of a program: the variable that may hold its command line, then commands on the PATH."""

    variable: str
    commands: tuple[str, ...]
    how: str


_INSTALLATIONS: dict[str, _Installation] = {
    "hd-bet": _Installation(
        "GLIOMANET_HD_BET",
        ("hd-bet",),
        "install HD-BET (pip install hd-bet, in an environment of its own) and run it once, so that it fetches its "
        "weights",
    ),
    "synthstrip": _Installation(
        "GLIOMANET_SYNTHSTRIP",
        ("mri_synthstrip", "synthstrip-docker", "synthstrip-singularity"),
        "install FreeSurfer 7.3 or later and source its set-up, or SynthStrip's container script",
    ),
}


def missing_program(name: str) -> Problem | None:
    """The problem of a program that cannot be run here; `None` where it is found. Starts nothing.

    Args:
        name: `hd-bet` or `synthstrip`.

    Raises:
        ValueError: another name.
    """
    place = _installation(name)
    given = os.environ.get(place.variable, "").strip()
    if given:
        if shutil.which(shlex.split(given)[0]) is None:
            found = f"{name} not found: {place.variable} is {given!r}, and {shlex.split(given)[0]} cannot be executed"
            return Problem(found, f"correct {place.variable}, or unset it", rule="program_missing")
        return None
    if any(shutil.which(command) for command in place.commands):
        return None
    found = f"{name} not found: {' or '.join(place.commands)} is not on the PATH"
    action = f"{place.how}, or set {place.variable} to its command line"
    return Problem(found, action, rule="program_missing")


def extract_with(program: Program, image: Volume, case_id: str) -> Mask:
    """The brain of an image with skull, as an installed program finds it; on the CPU, with one thread where it obeys.

    A variable (`GLIOMANET_HD_BET`, `GLIOMANET_SYNTHSTRIP`) may hold the command line to use, with further arguments:
    `hd-bet -device cuda`, or `nipreps-synthstrip --model /weights/synthstrip.1.pt`.

    Args:
        program: which of the two.
        image: modality with skull.
        case_id: for messages.

    Returns:
        The mask (x, y, z) on the image's grid.

    Raises:
        StudyStopError: the program is not installed.
        CaseError: it failed, left no mask, or one that is empty or lies on another grid.
    """
    if (problem := missing_program(program)) is not None:
        found, action = f"brain_extraction is {program}, but {problem.found}", problem.action
        raise StudyStopError(problem.at(found=found, action=f"{action}, or choose another brain_extraction"))
    place = _installation(program)
    given = shlex.split(os.environ.get(place.variable, ""))
    command = tuple(given) or (next(name for name in place.commands if shutil.which(name)),)
    # Resolved: a container script may mount the folder under the name it has.
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder).resolve() / "image.nii.gz"
        write_nifti(image.array.astype(np.float32), image.grid.affine, source)
        arguments, written = _hd_bet(command, source) if program == "hd-bet" else _synthstrip(source)
        try:
            lines = _run([*command, *arguments], program, case_id)
        finally:
            refuse_where_full(Path(folder))  # before its files are gone, and the disk is free again
        if not written.is_file():
            found, action = f"{program} ended without error, but wrote no mask", f"it said: {lines}"
            raise CaseError(Problem(found, action, case=case_id, rule="program_wrote_no_mask"))
        return _read_mask(written, image, program, case_id)


def _installation(name: str) -> _Installation:
    if name not in _INSTALLATIONS:
        raise ValueError(f"unknown program {name!r}; known: {', '.join(_INSTALLATIONS)}")
    return _INSTALLATIONS[name]


def _hd_bet(command: tuple[str, ...], source: Path) -> tuple[list[str], Path]:
    """Arguments, and where the mask will lie. The quick settings are what its authors advise for the CPU."""
    output = source.with_name("brain.nii.gz")
    arguments = ["-i", str(source), "-o", str(output)]
    on_cpu = "-device" not in command
    if _hd_bet_has_masks_option(command):
        arguments += ["--save_bet_mask", "--no_bet_image", *(["-device", "cpu", "--disable_tta"] if on_cpu else [])]
        return arguments, source.with_name("brain_bet.nii.gz")
    arguments += ["-s", "1", *(["-device", "cpu", "-mode", "fast", "-tta", "0"] if on_cpu else [])]
    return arguments, source.with_name("brain_mask.nii.gz")


@lru_cache(maxsize=4)
def _hd_bet_has_masks_option(command: tuple[str, ...]) -> bool:
    """True for version 2, which has no option that tells its version."""
    shown = subprocess.run([*command, "--help"], env=_environment(), capture_output=True, text=True, check=False)
    return "--save_bet_mask" in shown.stdout + shown.stderr


def _synthstrip(source: Path) -> tuple[list[str], Path]:
    mask = source.with_name("mask.nii.gz")
    return ["-i", str(source), "-m", str(mask)], mask


def _environment() -> dict[str, str]:
    return {**os.environ, **_ONE_THREAD}


def _run(command: Sequence[str], program: str, case_id: str) -> str:
    """The last lines of what the program said."""
    done = subprocess.run(
        command, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    lines = "\n".join(done.stdout.strip().splitlines()[-_LAST_LINES:]) or "(nothing)"
    if done.returncode != 0:
        action = (
            f"run it by hand on one image ({shlex.join(command[:1])}), or choose another brain_extraction. Its last "
            f"lines: {lines}"
        )
        found = f"{program} failed with exit status {done.returncode}"
        raise CaseError(Problem(found, action, case=case_id, rule="program_failed"))
    return lines


def _read_mask(path: Path, image: Volume, program: str, case_id: str) -> Mask:
    written = nib.Nifti1Image.from_filename(path)
    array = np.asarray(written.dataobj)
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    if array.ndim != 3 or not Volume.of(array, written.affine).grid.matches(image.grid):
        found = f"{program} wrote its mask on another grid: {array.shape} voxels, image {image.grid.shape}"
        action = "it must have the image's own, so look whether this is a version listed in the docs"
        raise CaseError(Problem(found, action, case=case_id, rule="program_mask_on_a_foreign_grid"))
    mask: Mask = array > 0.5
    if not mask.any():
        found = f"{program} found no brain: its mask is empty"
        raise CaseError(Problem(found, "look at the image", case=case_id, rule="program_found_no_brain"))
    return mask
