"""Files of a case: which are kept, which are removed, and who may read them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from gliomanet.app.intake.limits import UploadError, UploadLimits
from gliomanet.app.intake.take_in import take_in
from gliomanet.app.store.cases import Store
from gliomanet.cohort.dicom import convert
from gliomanet.errors import CaseError
from tests.app.intake.forms import form, image, sent
from tests.app.intake.opening import LIMITS
from tests.app.servers import settled, upload
from tests.dicom_folders import SERIES, write_series

Start = Callable[..., TestClient]


def _store(client: TestClient) -> Store:
    found: Store = client.app.state.store  # type: ignore[attr-defined]
    return found


def test_an_upload_that_is_refused_is_not_kept(tmp_path: Path) -> None:
    folder = tmp_path / "input"
    files = [("t1", "a.nii", image().to_bytes()), ("t1c", "b.nii", b"no image of Ada Testperson" * 40)]
    sent(form(files), folder / "upload", UploadLimits(spare_bytes=0))
    with pytest.raises(UploadError) as error:
        take_in(folder, LIMITS)
    assert error.value.problem.rule == "no_nifti"
    assert not [path for path in folder.rglob("*") if path.is_file()]
    with pytest.raises(UploadError) as error:
        take_in(folder, LIMITS)
    assert error.value.problem.rule == "upload_gone"


def test_a_case_without_its_upload_is_not_tried_again(started: Start) -> None:
    client = started()
    case_id = upload(client, "refused").json()["id"]
    settled(client, case_id)
    form = f'action="/api/cases/{case_id}/retry'
    assert form in client.get(f"/cases/{case_id}").text
    shutil.rmtree(_store(client).folder(case_id) / "input/upload")
    assert form not in client.get(f"/cases/{case_id}").text
    answer = client.post(f"/api/cases/{case_id}/retry")
    assert (answer.status_code, answer.json()["rule"]) == (409, "upload_gone")


def test_what_a_kill_left_of_the_opening_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "input"
    sent(form([("t1", "a.nii", image().to_bytes())]), folder / "upload", UploadLimits(spare_bytes=0))
    take_in(folder, LIMITS)
    (folder / "opening/images").mkdir(parents=True)
    (folder / "opening/images/000000.dcm").write_bytes(b"Ada Testperson")
    take_in(folder, LIMITS)
    assert [path.name for path in folder.iterdir()] == ["files"]


def test_sessions_are_their_owner_s_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    Store(tmp_path).close()
    for name in ("cases", "incoming", "deleted", "reviews"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "script",
    ["kill -9 $$", 'for last; do out="$before"; before="$last"; done; touch "$out/1_a.nii"; exit 3'],
    ids=["killed", "failed"],
)
def test_an_upload_that_the_converter_failed_on_is_taken_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    folder, exam, program = tmp_path / "input", tmp_path / "exam", tmp_path / "dcm2niix"
    number, description, facts = SERIES["t1"]
    write_series(exam, number, description, voxels=np.ones((40, 44, 30), "<u2"), spacing=(5.0, 5.0, 5.0), **facts)
    limits = UploadLimits(spare_bytes=0)
    files = [("dicom", path.name, path.read_bytes()) for path in sorted(exam.iterdir())]
    sent(form(files), folder / "upload", limits)
    came = sorted(path.name for path in (folder / "upload").iterdir())
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    with monkeypatch.context() as broken:
        broken.setattr(convert, "_dcm2niix", lambda: str(program))
        with pytest.raises(CaseError) as error:
            take_in(folder, limits)
    assert error.value.problem.rule == "dcm2niix_failed"
    assert sorted(path.name for path in (folder / "upload").iterdir()) == came
    assert take_in(folder, limits).images.keys() == {"t1"}
    assert [path.name for path in folder.iterdir()] == ["files"]
