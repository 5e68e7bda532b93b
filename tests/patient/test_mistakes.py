"""Mistakes at the command line: each is one message of its own, with a known rule, and leaves no result."""

from __future__ import annotations

import json
import shutil

import nibabel as nib
import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

from gliomanet.bundle.description import NAME
from gliomanet.cli.main import app
from gliomanet.errors import CohortError, ModelError, ProblemError
from gliomanet.files.digests import sha256
from gliomanet.files.storage import StorageError
from gliomanet.patient import checks
from tests.dicom_folders import write_series


@pytest.fixture
def files(tiny_study, stack_bundle, tmp_path) -> dict[str, str]:
    """What mistakes are made with, by name."""
    scan = nib.load(tiny_study.images["t1c"])
    voxels = np.asarray(scan.dataobj)
    nib.save(nib.Nifti1Image(np.stack([voxels, voxels], -1), scan.affine), tmp_path / "4d.nii.gz")
    (tmp_path / "text.nii.gz").write_text("no image")
    shutil.copy(tiny_study.images["t1c"], tmp_path / "copy.nii.gz")
    t1 = nib.load(tiny_study.images["t1"])
    nib.save(nib.Nifti1Image(np.asarray(t1.dataobj) * 2, t1.affine), tmp_path / "doubled_t1.nii.gz")
    one = np.ones((4, 4, 4), "<u2")
    write_series(tmp_path / "exam", 3, "AX T2", voxels=one)
    write_series(tmp_path / "exam", 4, "AX T1", voxels=one, PatientID="another", PatientName="B")
    (tmp_path / "empty").mkdir()
    for name in ("changed", "newer"):
        shutil.copytree(stack_bundle, tmp_path / name)
    (tmp_path / "changed/decisions.json").write_text("{}")
    values = json.loads((tmp_path / "newer" / NAME).read_text())
    (tmp_path / "newer" / NAME).write_text(json.dumps(values | {"schema_version": 99}))
    places = {path.name.partition(".")[0]: str(path) for path in tmp_path.iterdir()}
    images = {name: str(path) for name, path in tiny_study.images.items()}
    return {**images, **places, "bundle": str(stack_bundle), "below": str(tmp_path / "text.nii.gz/out")}


MISTAKES = {
    "bundle_of_another_version": "--bundle {newer} --t1c {t1c}",
    "bundle_file_changed": "--bundle {changed} --t1c {t1c}",
    "no_bundle": "--bundle {empty} --t1c {t1c}",
    "not_writable": "--bundle {bundle} --t1c {t1c} --out {below}",
    "several_patients": "--bundle {bundle} --dicom {exam}",
    "empty_folder": "--bundle {bundle} --dicom {empty}",
    "folder_in_place_of_file": "--bundle {bundle} --t1c {empty}",
    "one_file_for_two": "--bundle {bundle} --t1 {copy} --t1c {t1c}",
    "same_voxels_twice_in_a_case": "--bundle {bundle} --t1 {t1} --t1c {doubled_t1}",  # T1 given as T1c
    "unreadable_file": "--bundle {bundle} --t1c {text}",
    "not_three_dimensional": "--bundle {bundle} --t1c {4d}",
    "age_out_of_range": "--bundle {bundle} --t1c {t1c} --age 540",
    "unknown_center": "--bundle {bundle} --t1c {t1c} --center Klinik",
}


def given(line: str, files: dict[str, str]) -> list[str]:
    return ["predict", *(part.format(**files) for part in line.split())]


def rules_of(done: Result) -> set[str]:
    """The rules of the problems that ended a command."""
    error: BaseException | None = done.exception
    while error is not None:
        if isinstance(error, ProblemError | StorageError):
            return {error.problem.rule}
        if isinstance(error, CohortError | ModelError):
            return {problem.rule for problem in error.problems}
        error = error.__context__
    return set()


def test_each_mistake_has_its_own_message_and_leaves_nothing(files, tmp_path):
    messages = []
    for rule, line in MISTAKES.items():
        out = tmp_path / "results" / rule
        more = [] if "--out" in line else ["--out", str(out)]
        done = CliRunner().invoke(app, [*given(line, files), *more])
        assert (done.exit_code, rules_of(done)) == (1, {rule}), done.output
        assert not out.exists() or not list(out.iterdir()), rule
        messages.append(done.output)
    assert len(set(messages)) == len(MISTAKES)


def test_values_that_an_option_does_not_take_are_mistakes_of_use(files, tmp_path):
    for line, said in (
        ("--bundle {bundle} --t1c {t1c} --sex male", "F or M"),
        ("--bundle {bundle} --t1c {t1c} --t1c {copy}", "2 files for one image"),
        ("--bundle {bundle} --t1c {t1c} --age old", "--age"),
    ):
        done = CliRunner().invoke(app, [*given(line, files), "--out", str(tmp_path / "out")])
        assert done.exit_code == 2
        assert said in done.output
    assert not (tmp_path / "out").exists()


def test_a_full_disk_is_told_before_any_work(files, tmp_path, monkeypatch):
    monkeypatch.setattr(checks, "free_bytes", lambda path: 10_000_000)
    done = CliRunner().invoke(app, [*given("--bundle {bundle} --t1c {t1c}", files), "--out", str(tmp_path / "out")])
    assert (done.exit_code, rules_of(done)) == (1, {"disk_full"})


def test_names_with_spaces_and_accents_and_a_bundle_that_nothing_is_written_to(files, tmp_path):
    place, bundle = tmp_path / "Zoë Müller ü", tmp_path / "bündel to read"
    place.mkdir()
    shutil.copy(files["t1c"], place / "t1c 脑.nii.gz")
    shutil.copytree(files["bundle"], bundle)
    before = {path: sha256(path) for path in bundle.rglob("*") if path.is_file()}
    for path in (*bundle.rglob("*"), bundle):
        path.chmod(path.stat().st_mode & ~0o222)
    arguments = ["--bundle", str(bundle), "--t1c", str(place / "t1c 脑.nii.gz"), "--out", str(place / "résultat")]
    done = CliRunner().invoke(app, ["predict", *arguments, "--fast", "--no-page"])
    assert done.exit_code == 0, done.output
    assert (place / "résultat/result.json").is_file()
    assert {path: sha256(path) for path in bundle.rglob("*") if path.is_file()} == before
    for path in (bundle, *bundle.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)
