"""Classes do without the decoder: the same bits, and nothing of it runs."""

import pytest
import torch

from gliomanet.networks import build

TASKS = {"idh": 2, "grade": 3}


def network(kind, *, segmentation=True):
    torch.manual_seed(3)
    return build(kind, tasks=TASKS, preset="tiny", modalities=2, segmentation=segmentation).eval()


@pytest.fixture
def given():
    x = torch.randn(2, 2, 64, 32, 64, generator=torch.Generator().manual_seed(1))
    return x, torch.tensor([[True, True], [True, False]])


@pytest.mark.parametrize(("kind", "part"), [("gmmas", "decoder"), ("mttunet", "decoder"), ("psnet", "mask")])
def test_classes_are_the_same_bits_without_segmentation(kind, part, given):
    made = network(kind)
    calls = []
    getattr(made, part).register_forward_hook(lambda *_: calls.append(part))
    with torch.inference_mode():
        whole = made(*given)
        assert calls == [part]
        alone = made(*given, segment=False)
    assert calls == [part]
    assert whole.segmentation.shape[2:] == (64, 32, 64)
    assert alone.segmentation is None
    for task in TASKS:
        assert torch.equal(whole.logits[task], alone.logits[task])
        assert torch.equal(whole.features[task], alone.features[task])


@pytest.mark.parametrize("kind", ["gmmas", "mttunet", "psnet"])
def test_a_network_without_a_decoder_has_nothing_to_skip(kind, given):
    with torch.inference_mode():
        assert network(kind, segmentation=False)(*given).segmentation is None


def test_crops_of_gmmas_are_those_of_its_forward(given):
    made, (x, available) = network("gmmas"), given
    centres = torch.tensor([[20.0, 16.0, 40.0], [44.0, 16.0, 24.0]])
    with torch.inference_mode():
        whole = made(x, available, centres=centres)
        crops = made.crop_segmenter(x, available)(whole.corners)
    assert crops.shape == (2, 3, 48, 32, 48)
    assert made.window(x) == (48, 32, 48)
    for case, (d, h, w) in enumerate(whole.corners.tolist()):
        assert torch.equal(whole.segmentation[case, :, d : d + 48, h : h + 32, w : w + 48], crops[case])


def test_a_gmmas_without_a_decoder_segments_no_crop(given):
    with pytest.raises(ValueError, match="made with segmentation=False: it has no decoder to segment with"):
        network("gmmas", segmentation=False).crop_segmenter(*given)
