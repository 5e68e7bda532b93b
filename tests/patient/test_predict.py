"""One patient from files to a result: equal files twice, the scanner's grids, and every mistake said before any work."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from gliomanet.bundle.read import Bundle
from gliomanet.cli.main import app
from gliomanet.errors import CaseError, CohortError
from gliomanet.files.digests import sha256
from gliomanet.patient import batch
from gliomanet.patient.checks import Patient
from gliomanet.patient.page.write import PAGES
from gliomanet.patient.predict import predict
from gliomanet.patient.result import NAME, ResultValues, schema_text, simulated
from gliomanet.patient.state import check_names, read_images
from gliomanet.patient.statements.statement import state
from tests.bundled_study import CASE, CENTER


def images_of(tiny) -> dict[str, Path]:
    return {name: path for name, path in tiny.images.items() if name != "tumour_mask"}


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def values_of(content: bytes) -> dict:
    return {key: value for key, value in json.loads(content).items() if key != "made_at"}


@pytest.fixture
def done(predicted):
    """The study's own external patient."""
    return predicted


def test_images_are_the_pipeline_s_own(done, tiny_study):
    pipeline = tiny_study.layout.case(CENTER, CASE)
    for name in ("t1", "t1c", "t2", "flair", "brain_mask", "tumour_mask"):
        assert (done.folder / f"atlas/{name}.nii.gz").read_bytes() == (pipeline / f"{name}.nii.gz").read_bytes(), name


def test_the_same_case_gives_the_same_files_but_for_the_time(done, tiny_study, stack_bundle, tmp_path):
    told = Patient(CASE, tiny_study.age, "F", CENTER, "brats")
    predict(stack_bundle, images_of(tiny_study), tmp_path, mask=tiny_study.images["tumour_mask"], patient=told)
    before, after = files_of(done.folder), files_of(tmp_path)
    assert values_of(before.pop(NAME)) == values_of(after.pop(NAME))
    for page in PAGES:  # which tell the time
        assert len(before.pop(page)) == pytest.approx(len(after.pop(page)), rel=0.01)
    assert before == after


def test_the_result_is_of_its_published_schema_and_says_first_what_it_is_not(done):
    content = json.loads((done.folder / NAME).read_text())
    jsonschema.Draft202012Validator(json.loads(schema_text())).validate(content)
    assert ResultValues.read(done.folder / NAME) == done.content
    assert content["warnings"][0] == simulated().model_dump(mode="json")
    assert content["bundle"]["simulated"] is True
    assert content["trust"]["verdict"] == "usable"
    assert [(one["of"], one["model"]) for one in content["trust"]["distances"]] == [
        ("look", ""),
        ("deep features", "net"),
        ("radiomic features", "chain"),
    ]
    assert {one["held_out"] for one in content["trust"]["distances"]} == {24}
    for name, digest in content["files"].items():
        assert sha256(done.folder / name) == digest
    assert {task["task"] for task in content["tasks"]} == {"idh", "codel_1p19q", "grade"}
    for task in content["tasks"]:
        assert task["abstains"] == (len(task["prediction_set"]) != 1)
        assert sum(one["probability"] for one in task["classes"]) == pytest.approx(1)
    assert sum(one["probability"] for one in content["compatible_with"]) == pytest.approx(1)
    assert {one["task"]: one["file"] for one in content["explained"]["attribution"]} == {
        task["task"]: f"atlas/attribution_{task['task']}.nii.gz" for task in content["tasks"]
    }
    assert set(content["files"]) >= {one["file"] for one in content["explained"]["attribution"]}
    assert (done.folder / "pictures/attribution_idh.png").is_file()
    assert "sex" in content["explained"]["worth_of_inputs"][0]["groups"]
    assert content["vasari"]["features"][0]["value"] is None
    shown = {one["feature"]: one for one in content["features"]}
    assert "t1c-flair_logratio_Mean" in shown
    pooled = [one for one in shown["t1c-flair_logratio_Mean"]["references"] if one["center"] == "pooled"]
    assert any(one["quantiles"] for one in pooled)


def test_outlines_lie_on_the_scanner_s_own_grids(done, tiny_study):
    for name, path in images_of(tiny_study).items():
        scan = nib.load(path)
        for what in ("brain", "tumour"):
            outline = nib.load(done.folder / f"native/{name}_{what}.nii.gz")
            assert outline.shape == scan.shape
            np.testing.assert_allclose(outline.affine, scan.affine, atol=1e-4)
    whole = done.content.segmentation.volumes[0]
    native = nib.load(done.folder / "native/t1c_tumour.nii.gz")
    voxel_ml = abs(np.linalg.det(native.affine[:3, :3])) / 1000
    assert whole.volume_ml == pytest.approx((np.asarray(native.dataobj) > 0).sum() * voxel_ml, abs=1e-3)
    assert 0 <= whole.left_share <= 1


def test_one_modality_alone_is_served_and_its_state_is_found(tiny_study, stack_bundle, tmp_path):
    told = []
    done = predict(stack_bundle, {"t1c": tiny_study.images["t1c"]}, tmp_path, fast=True, page=False, report=told.append)
    assert done.content.preparation.found[0].code == "prepared.stripped"
    assert done.content.preparation.found[0].text in told
    assert done.content.protocol[0] == state("protocol.missing", modalities=("t1", "t2", "flair"))
    assert done.content.segmentation.source == "network net"
    assert done.content.features == ()
    assert "not_assessed.no_mask" in {one.code for one in done.content.not_assessed}
    assert "note.unknown_fact" in {note.code for note in done.content.notes}
    assert "warning.fast" in {one.code for one in done.content.warnings}
    assert done.content.pictures == ()
    assert not (tmp_path / PAGES[0]).exists()
    assert done.content.explained.attribution == ()
    assert "not_assessed.not_explained" in {one.code for one in done.content.not_assessed}
    assert not list(tmp_path.glob(".predict-*"))


def test_images_that_are_no_head_are_said_to_be_of_no_use_before_any_number(tiny_study, stack_bundle, tmp_path):
    images, rng = {}, np.random.default_rng(1)
    for name in ("t1c", "flair"):
        scan = nib.load(tiny_study.images[name])
        voxels = np.asarray(scan.dataobj)
        noise = np.where(voxels > 0, rng.normal(300, 60, voxels.shape), 0).astype(np.int16)
        images[name] = tmp_path / f"{name}.nii.gz"
        nib.save(nib.Nifti1Image(noise, scan.affine), images[name])
    done = predict(stack_bundle, images, tmp_path / "out", fast=True, accept_names=True)
    assert done.content.trust.verdict == "do not use"
    assert done.content.warnings[0] == simulated()
    assert done.content.warnings[1].code == "trust.look_far"
    assert {one.held_out for one in done.content.trust.distances} == {24, 12}  # one fold's network alone answered


def mistakes(tiny, tmp_path):
    t1c, flair = tiny.images["t1c"], tiny.images["flair"]
    copy = tmp_path / "copied file.nii.gz"
    shutil.copy(t1c, copy)
    broken = tmp_path / "broken.nii.gz"
    broken.write_bytes(b"not an image")
    yield "one_file_for_two", {"t1c": t1c, "t1": copy}, {}
    yield "one_file_for_two", {"t1c": t1c}, {"mask": t1c}
    yield "no_modality", {}, {}
    yield "unknown_modality", {"t1ce": t1c}, {}
    yield "no_such_file", {"t1c": tmp_path / "nowhere.nii.gz"}, {}
    yield "folder_in_place_of_file", {"t1c": tmp_path}, {}
    yield "no_folder", {}, {"dicom": tmp_path / "nowhere"}
    yield "mask_in_place_of_image", {"t1c": tiny.images["tumour_mask"], "flair": flair}, {}
    yield "unknown_center", {"t1c": t1c}, {"patient": Patient(center="NOWHERE")}
    yield "age_out_of_range", {"t1c": t1c}, {"patient": Patient(age=700.0)}
    yield "no_case_id", {"t1c": t1c}, {"patient": Patient("")}
    yield "id_names_no_folder", {"t1c": t1c}, {"patient": Patient("../John")}


def test_every_mistake_is_one_problem_and_leaves_no_result(tiny_study, stack_bundle, tmp_path):
    bundle = Bundle.open(stack_bundle)
    for number, (rule, images, more) in enumerate(mistakes(tiny_study, tmp_path)):
        out = tmp_path / f"out{number}"
        with pytest.raises(CaseError) as error:
            predict(bundle, images, out, **more)
        assert error.value.problem.rule == rule
        assert error.value.problem.action
        assert not out.exists() or not list(out.iterdir())


def test_an_image_that_is_another_modality_than_its_name_is_refused(tiny_study, tmp_path):
    scan = nib.load(tiny_study.images["t1c"])
    double = tmp_path / "t2.nii.gz"
    nib.save(nib.Nifti1Image(2 * np.asarray(scan.dataobj), scan.affine), double)
    files = {"t1c": tiny_study.images["t1c"], "t2": double}
    record = json.loads((tiny_study.layout.case(CENTER, CASE) / "preprocess.json").read_text())
    place = np.array(record["transforms"]["t1c"]["matrix"])
    with pytest.raises(CaseError) as error:
        check_names("p", read_images("p", files), files, {"t1c": place, "t2": place})
    assert error.value.problem.rule in ("same_voxels_twice_in_a_case", "modality_unlike_its_name")
    assert "--accept-names" in error.value.problem.action


def test_a_table_of_patients_goes_on_after_a_bad_one_and_does_nothing_twice(
    done, tiny_study, stack_bundle, tmp_path, monkeypatch
):
    calls = []

    def finished(bundle, images, out, *, patient, **how):
        calls.append(patient.case_id)
        if patient.case_id == "B-1":
            return predict(bundle, images, out, patient=patient, **how)
        shutil.copytree(done.folder, out)  # what the same call made before
        return None

    monkeypatch.setattr(batch, "predict", finished)
    monkeypatch.setattr(batch, "each_alone", lambda works, processes: (work() for work in works))
    (tmp_path / "broken.nii.gz").write_bytes(b"not an image")
    row = {"case_id": CASE, "age": tiny_study.age, "sex": "F", "mask_codes": "brats"}
    row |= {name: str(path) for name, path in tiny_study.images.items()}
    table = pd.DataFrame([{"case_id": "B-1", "t1c": "broken.nii.gz"}, row])
    table.to_csv(tmp_path / "cases.tsv", sep="\t", index=False)
    for _ in range(2):
        found = batch.predict_table(stack_bundle, tmp_path / "cases.tsv", tmp_path / "out", center=CENTER)
        assert found["status"].tolist() == ["failed", "ok"]
    assert calls == ["B-1", CASE, "B-1"]
    assert "broken.nii.gz" in found["reason"].iloc[0]
    assert (tmp_path / "out/cases.tsv").is_file()


def test_a_result_is_taken_for_done_only_where_all_of_it_is_the_same(
    done, tiny_study, stack_bundle, tmp_path, monkeypatch
):
    out, bundle = tmp_path / CASE, Bundle.open(stack_bundle)
    shutil.copytree(done.folder, out)
    row = dict.fromkeys(("t1", "t1c", "t2", "flair", "tumour_mask", "dicom"), "") | {
        "case_id": CASE,
        "age": tiny_study.age,
    }
    row |= {"sex": "F", "mask_codes": "brats"} | {name: str(path) for name, path in tiny_study.images.items()}

    def is_done(accept_names=False, page=False, language="en", **changed):
        asked = batch._Asked(row | changed, out, CENTER)
        wanted = {"fast": False, "dicom_out": False, "page": page, "language": language, "explain": False}
        return asked.is_done(bundle, accept_names=accept_names, **wanted)

    assert is_done()
    assert is_done(accept_names=True)
    assert is_done(page=True)
    assert not is_done(page=True, language="zh")
    assert not is_done(mask_codes="nnunet")
    assert not is_done(sex="M")
    assert not is_done(t1="")
    with monkeypatch.context() as patched:
        patched.setattr(batch, "__version__", "9")
        assert not is_done()
    content = ResultValues.read(out / NAME)
    accepted = content.preparation.model_copy(update={"names_accepted": True})
    content.model_copy(update={"preparation": accepted}).write(out / NAME)
    assert is_done(accept_names=True)
    assert not is_done()
    shutil.copy(done.folder / NAME, out / NAME)
    (out / "atlas/segmentation.nii.gz").unlink()
    assert not is_done()


def test_the_table_of_results_replaces_no_other_table(stack_bundle, tmp_path):
    (tmp_path / "cases.tsv").write_text("case_id\tt1c\nB-1\tb.nii.gz\n")
    with pytest.raises(CohortError) as error:
        batch.predict_table(stack_bundle, tmp_path / "cases.tsv", tmp_path)
    assert [one.rule for one in error.value.problems] == ["foreign_table"]
    assert (tmp_path / "cases.tsv").read_text().startswith("case_id\tt1c")


def test_the_command_prints_the_schema_and_one_sentence_for_a_mistake(stack_bundle, tmp_path):
    printed = CliRunner().invoke(app, ["predict", "--schema"])
    assert printed.output == schema_text()
    given = ["predict", "--bundle", str(stack_bundle), "--out", str(tmp_path / "o")]
    done = CliRunner().invoke(app, given)
    assert done.exit_code == 1
    assert "no image was given" in done.output


def test_a_result_takes_no_scan_and_no_bundle_away(tiny_study, stack_bundle, tmp_path):
    scan = tmp_path / "patient" / "native" / "t1c.nii.gz"
    scan.parent.mkdir(parents=True)
    shutil.copy(tiny_study.images["t1c"], scan)
    elsewhere = tiny_study.images["t1c"]
    for given, out, rule in (
        (scan, tmp_path / "patient", "input_in_result"),
        (elsewhere, tmp_path / "patient", "foreign_result_folder"),
        (elsewhere, scan, "out_is_no_folder"),
        (elsewhere, stack_bundle / "result", "out_in_bundle"),
    ):
        with pytest.raises(CaseError) as error:
            predict(stack_bundle, {"t1c": given}, out)
        assert error.value.problem.rule == rule
    assert scan.read_bytes() == elsewhere.read_bytes()
    assert Bundle.open(stack_bundle)


def test_two_files_for_one_image_and_options_beside_a_table_are_mistakes(stack_bundle, tmp_path):
    start = ["predict", "--bundle", str(stack_bundle), "--out", str(tmp_path / "out")]
    twice = CliRunner().invoke(app, [*start, "--t1c", "a.nii.gz", "--t1c", "b.nii.gz"])
    beside = CliRunner().invoke(app, [*start, "--cases", "cases.tsv", "--age", "50", "--mask-codes", "nnunet"])
    assert (twice.exit_code, beside.exit_code) == (2, 2)
    for alone in (["--mask-codes", "nnunet"], ["--bids"], ["--yes"], ["--withhold", "age"], ["--export", "site"]):
        assert CliRunner().invoke(app, [*start, "--t1c", "a.nii.gz", *alone]).exit_code == 2, alone
    assert "2 files for one image" in twice.output
    assert "leave out --mask-codes, --age" in " ".join(beside.output.replace("│", "").split())


def test_a_bad_row_is_its_own_reason_and_a_cell_that_is_not_read_is_told(stack_bundle, tmp_path, monkeypatch):
    asked, said = [], []
    monkeypatch.setattr(batch, "predict", lambda bundle, images, out, *, patient, **how: asked.append(patient))
    monkeypatch.setattr(batch, "each_alone", lambda works, processes: (work() for work in works))
    header = ["case_id", "t1c", "center", "age", "idh"]
    rows = {
        "good": ["a.nii.gz", "", "50", "wildtype"],
        "label": ["a.nii.gz", "A", "", "mutnat"],
        "age": ["a.nii.gz", "", "fifty", ""],
        "elsewhere": ["a.nii.gz", "Klinik", "", ""],
        "none": ["", "", "", ""],
    }
    lines = [header, *([case_id, *cells] for case_id, cells in rows.items())]
    (tmp_path / "cases.tsv").write_text("".join("\t".join(line) + "\n" for line in lines))
    found = batch.predict_table(stack_bundle, tmp_path / "cases.tsv", tmp_path / "out", report=said.append)
    rules = dict(zip(found["case_id"], found["rule"], strict=True))
    assert (rules["good"], rules["label"], rules["none"]) == ("", "", "no_image")
    assert rules["age"] == "no_age"
    assert {one.case_id: one.center for one in asked} == {"good": "", "label": "A", "elsewhere": "Klinik"}
    assert any("'mutnat'" in line and "not read here" in line for line in said)
    centered = batch.predict_table(stack_bundle, tmp_path / "cases.tsv", tmp_path / "out", center="X")
    rules = dict(zip(centered["case_id"], centered["rule"], strict=True))
    assert (rules["good"], rules["label"]) == ("", "of_another_centre")
    with pytest.raises(CohortError) as error:
        batch.predict_table(stack_bundle, tmp_path / "nowhere.tsv", tmp_path / "out")
    assert error.value.problems[0].rule
