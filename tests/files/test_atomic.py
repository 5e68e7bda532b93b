import json
import os

import numpy as np
import pytest

from gliomanet.files.atomic import open_atomically, write_atomically, write_heads, write_json


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def full(_):
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_two_processes_write_two_partial_files(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr("os.fsync", lambda _: seen.extend(path.name for path in tmp_path.iterdir()))
    write_atomically(tmp_path / "file", b"x")
    write_atomically(tmp_path / "file", b"y")  # of one number, as in two pods
    first, second = (name for name in seen if name.endswith(".partial"))
    assert first != second
    assert f".{os.getpid()}." in first
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_json_and_heads_are_read_back(tmp_path):
    write_json(tmp_path / "new" / "a.json", {"ö": [1, 2]})
    assert json.loads((tmp_path / "new" / "a.json").read_text(encoding="utf-8")) == {"ö": [1, 2]}
    weight, bias = np.arange(6.0).reshape(2, 3), np.zeros(2, np.float32)
    write_heads(tmp_path / "heads.npz", {"idh": (weight, bias)})
    with np.load(tmp_path / "heads.npz") as heads:
        assert sorted(heads) == ["idh.bias", "idh.weight"]
        assert np.array_equal(heads["idh.weight"], weight)
        assert heads["idh.bias"].dtype == np.float32
    write_heads(tmp_path / "heads.npz", {})
    with np.load(tmp_path / "heads.npz") as heads:
        assert not list(heads)


def test_json_has_no_word_for_a_number_that_is_not_finite(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"mean": float("nan")})
    assert not list(tmp_path.iterdir())


def test_what_fails_while_it_is_written_leaves_the_old_file(tmp_path):
    write_atomically(tmp_path / "file", b"old")

    def fail_halfway():
        with open_atomically(tmp_path / "file") as file:
            file.write(b"half")
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail_halfway()
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("file", b"old")]
