"""A full disk: the queue goes on, cases can be deleted, and an upload is kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from gliomanet.app.intake.limits import UploadError, UploadLimits
from gliomanet.app.intake.take_in import take_in
from gliomanet.app.store.audit import Audit
from gliomanet.app.store.cases import Store
from tests.app.intake.forms import form, image, packed, sent
from tests.app.intake.opening import LIMITS
from tests.app.servers import settled, upload

Start = Callable[..., TestClient]


def _store(client: TestClient) -> Store:
    found: Store = client.app.state.store  # type: ignore[attr-defined]
    return found


def test_the_queue_goes_on(started: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    client = started()
    store = _store(client)
    update, full = store.update, [True]

    def refused(record: Any, *, on_disk: bool = True) -> Any:
        found = update(record, on_disk=False)
        if on_disk and full:
            raise OSError(28, "No space left on device")
        return found

    monkeypatch.setattr(store, "update", refused)
    assert settled(client, upload(client, "good").json()["id"])["state"] == "done"
    full.clear()
    assert settled(client, upload(client, "good again").json()["id"])["state"] == "done"


def test_cases_are_deleted_without_the_audit_log(
    started: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = started()
    case_id = upload(client, "Ada Testperson").json()["id"]
    settled(client, case_id)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Audit, "_add", full)
    assert client.delete(f"/api/cases/{case_id}").status_code == 204
    assert not list((_store(client).root / "cases").iterdir())
    assert f'"deleted", "case": "{case_id}"' in caplog.text
    assert "Testperson" not in caplog.text


def test_an_upload_that_it_stopped_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "input"
    sent(form([("t1", "a.nii.gz", packed(image()))]), folder / "upload", UploadLimits(spare_bytes=0))
    with pytest.raises(UploadError) as error:
        take_in(folder, UploadLimits(spare_bytes=2**62))
    assert error.value.problem.rule == "disk_full"
    assert take_in(folder, LIMITS).images.keys() == {"t1"}
