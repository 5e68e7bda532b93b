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
