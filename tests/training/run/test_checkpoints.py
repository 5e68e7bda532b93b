import pickle

import pytest
import torch

from gliomanet.training.run.checkpoints import Progress, load_progress, save_progress, tensor_bytes


def progress(epochs: int) -> Progress:
    events = [{"event": "metric", "value": 0.5}]
    return Progress("common", epochs, {"w": torch.ones(2)}, {"optimizer": {}}, events, epochs)


def test_what_is_saved_is_found_under_its_digest_only(tmp_path):
    save_progress(tmp_path, "d1", progress(1))
    save_progress(tmp_path, "d1", progress(2))
    found = load_progress(tmp_path, "d1")
    assert (found.phase, found.epochs, found.events) == ("common", 2, [{"event": "metric", "value": 0.5}])
    assert torch.equal(found.network["w"], torch.ones(2))
    assert load_progress(tmp_path, "d2") is None


def test_tensors_are_the_same_bytes_whatever_made_them():
    assert tensor_bytes({"w": torch.ones(3)}) == tensor_bytes({"w": torch.zeros(3) + 1})


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def changed(content: bytes) -> bytes:
    place = len(content) * 2 // 3
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


FOREIGN = {
    "empty": lambda _: b"",
    "cut": cut,
    "cut in its first line": lambda content: content[:10],
    "one bit changed": changed,
    "followed by more": lambda content: content + b"more",
    "random bytes": lambda _: bytes(range(256)) * 40,
    "of torch alone": lambda _: tensor_bytes({"phase": "common"}),
    "a pickle": lambda _: pickle.dumps({"a": 1}),
    "text": lambda _: "kein Stützpunkt\n".encode("latin-1"),
}


@pytest.mark.parametrize("spoil", FOREIGN.values(), ids=FOREIGN)
def test_what_is_no_checkpoint_of_the_job_is_set_aside_and_named(tmp_path, capsys, spoil):
    save_progress(tmp_path, "d1", progress(1))
    path = tmp_path / "d1" / "last.ckpt"
    content = spoil(path.read_bytes())
    path.write_bytes(content)
    assert load_progress(tmp_path, "d1") is None
    told = capsys.readouterr().out
    assert told.startswith(f"{path} is no checkpoint of this job: it ")
    assert "set aside as last.ckpt.corrupt-1" in told
    assert (tmp_path / "d1" / "last.ckpt.corrupt-1").read_bytes() == content
    assert load_progress(tmp_path, "d1") is None
    assert not capsys.readouterr().out
    save_progress(tmp_path, "d1", progress(2))
    assert load_progress(tmp_path, "d1").epochs == 2


def test_every_one_is_kept_aside_and_one_of_another_job_is_none(tmp_path, capsys):
    for number in (1, 2):
        save_progress(tmp_path, "d2", progress(number))
        (tmp_path / "d1").mkdir(exist_ok=True)
        (tmp_path / "d2" / "last.ckpt").rename(tmp_path / "d1" / "last.ckpt")
        assert load_progress(tmp_path, "d1") is None
        assert "it belongs to the job of digest d2" in capsys.readouterr().out
    names = sorted(path.name for path in (tmp_path / "d1").iterdir())
    assert names == ["last.ckpt.corrupt-1", "last.ckpt.corrupt-2"]


def test_a_folder_in_its_place_is_set_aside_as_well(tmp_path):
    (tmp_path / "d1" / "last.ckpt").mkdir(parents=True)
    assert load_progress(tmp_path, "d1") is None
    assert (tmp_path / "d1" / "last.ckpt.corrupt-1").is_dir()
