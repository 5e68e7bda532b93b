import pytest
import torch

from gliomanet.learning.checkpoints import (
    Progress,
    digest_of,
    discard_progress,
    load_progress,
    save_progress,
    tensor_bytes,
    write_atomically,
)


def progress(epochs: int) -> Progress:
    events = [{"event": "metric", "value": 0.5}]
    return Progress("common", epochs, {"w": torch.ones(2)}, {"optimizer": {}}, events, epochs)


def test_the_order_of_keys_does_not_change_a_digest_and_values_do():
    assert digest_of({"a": 1, "b": [2]}) == digest_of({"b": [2], "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": 2})


def test_what_is_saved_is_found_under_its_digest_only(tmp_path):
    save_progress(tmp_path, "d1", progress(1))
    save_progress(tmp_path, "d1", progress(2))
    found = load_progress(tmp_path, "d1")
    assert (found.phase, found.epochs, found.events) == ("common", 2, [{"event": "metric", "value": 0.5}])
    assert torch.equal(found.network["w"], torch.ones(2))
    assert load_progress(tmp_path, "d2") is None


def test_discarding_leaves_other_jobs_checkpoints(tmp_path):
    scratch = tmp_path / "scratch"
    save_progress(scratch, "d1", progress(1))
    save_progress(scratch, "d2", progress(1))
    discard_progress(scratch, "d1")
    assert [path.name for path in scratch.iterdir()] == ["d2"]
    discard_progress(scratch, "d2")
    assert not scratch.exists()
    discard_progress(scratch, "d2")


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def full(_):
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"


def test_tensors_are_the_same_bytes_whatever_made_them():
    assert tensor_bytes({"w": torch.ones(3)}) == tensor_bytes({"w": torch.zeros(3) + 1})
