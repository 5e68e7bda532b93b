import itertools

import pytest
import torch
from torch import nn

from gliomanet.networks import build
from gliomanet.networks.outputs import WHOLE_TUMOUR, Outputs
from gliomanet.prediction.sliding_window import region_probabilities
from gliomanet.prediction.test_time_augmentation import FLIPPED_AXES


class Toy(nn.Module):
    """Segments by the first modality; `slope` makes it see left from right."""

    REGIONS = WHOLE_TUMOUR

    def __init__(self, slope: float = 0.0) -> None:
        super().__init__()
        self.slope = slope
        self.shapes: list[tuple[int, ...]] = []

    def forward(self, x, available):
        self.shapes.append(tuple(x.shape[2:]))
        ramp = torch.arange(x.shape[2], dtype=x.dtype)[:, None, None]
        return Outputs(logits={}, features={}, segmentation=x[:, :1] + self.slope * ramp)


def volume(*size):
    return torch.randn(1, 2, *size, generator=torch.Generator().manual_seed(0))


HAS = torch.ones(1, 2, dtype=torch.bool)


def made(kind):
    torch.manual_seed(2)
    return build(kind, tasks={"idh": 2}, preset="tiny", modalities=2, segmentation=True).eval()


@pytest.mark.parametrize("kind", ["mttunet", "psnet", "gmmas"])
def test_a_volume_of_the_windows_size_is_one_plain_pass(kind):
    network, x = made(kind), volume(32, 32, 32)  # the tiny gmmas's crop is larger
    with torch.inference_mode():
        found = region_probabilities(network, x, HAS, window=(32, 32, 32))
        assert torch.equal(found, network(x, HAS).segmentation[0].sigmoid().double())


def test_a_larger_volume_is_covered_by_windows_of_the_inputs_size():
    toy, x = Toy(), volume(24, 16, 20)
    found = region_probabilities(toy, x, HAS, window=(16, 16, 16))
    assert toy.shapes == [(16, 16, 16)] * 4  # half overlapping: two along the first and the last axis
    torch.testing.assert_close(found, x[0, :1].sigmoid().double(), rtol=0, atol=1e-6)  # equal answers keep their value


def test_overlapping_windows_are_averaged_and_their_middles_count_more():
    """Windows start at 0 and 8; the toy says 100 − depth in its own window, so that neighbours differ by 8."""

    class Depth(Toy):
        def forward(self, x, available):
            depth = torch.arange(x.shape[2], dtype=x.dtype)[None, None, :, None, None].expand(1, 1, *x.shape[2:])
            return Outputs(logits={}, features={}, segmentation=(depth / 16).logit(eps=1e-6))

    found = region_probabilities(Depth(), volume(24, 16, 16), HAS, window=(16, 16, 16))[0, :, 8, 8] * 16
    torch.testing.assert_close(found[:8], torch.arange(8, dtype=torch.float64), atol=1e-3, rtol=0)  # the first alone
    first, second = torch.arange(8.0, 16).double(), torch.arange(0.0, 8).double()
    assert ((found[8:16] <= first + 1e-4) & (found[8:16] >= second - 1e-4)).all()
    assert found[8] > (first + second)[0] / 2  # near the first window's middle
    assert found[15] < (first + second)[7] / 2
    torch.testing.assert_close(found[16:], torch.arange(8.0, 16).double(), atol=1e-3, rtol=0)


def test_flips_leave_an_equivariant_network_as_it_is():
    x = volume(16, 16, 16)
    plain = region_probabilities(Toy(), x, HAS, window=(16, 16, 16))
    for flips, passes in {"left_right": 2, "all": 8}.items():
        toy = Toy()
        assert torch.equal(region_probabilities(toy, x, HAS, window=(16, 16, 16), flips=flips), plain)
        assert len(toy.shapes) == passes


def test_flips_are_turned_back_and_averaged():
    x, toy = torch.zeros(1, 2, 16, 16, 16), Toy(slope=0.5)
    ramp = (0.5 * torch.arange(16.0)).sigmoid().double()
    found = region_probabilities(toy, x, HAS, window=(16, 16, 16), flips="left_right")[0, :, 0, 0]
    torch.testing.assert_close(found, (ramp + ramp.flip(0)) / 2)


def test_all_flips_are_the_eight_combinations_of_axes():
    combinations = {axes for n in range(4) for axes in itertools.combinations((2, 3, 4), n)}
    assert len(FLIPPED_AXES["all"]) == 8
    assert set(FLIPPED_AXES["all"]) == combinations
    assert all(passes[0] == () for passes in FLIPPED_AXES.values())


def test_gmmas_tiles_its_crop_over_the_whole_volume():
    network, x = made("gmmas"), volume(64, 32, 64)  # crops of 48 × 32 × 48
    corners = []
    network.stem.register_forward_hook(lambda *_: corners.append(1))
    looks = []
    network.head.register_forward_hook(lambda *_: looks.append(1))
    with torch.inference_mode():
        found = region_probabilities(network, x, HAS, window=(64, 32, 64))
        again = region_probabilities(network, x, HAS, window=(64, 32, 64))
        # a voxel that the first crop alone covers has that crop's answer
        crop = network.crop_segmenter(x, HAS)(torch.zeros(1, 3, dtype=torch.int64)).sigmoid()[0].double()
    assert len(corners) == 2 * 4 + 1
    assert len(looks) == 3  # once a volume, not once a crop
    assert torch.equal(found, again)
    torch.testing.assert_close(found[:, :16, :, :16], crop[:, :16, :, :16], rtol=1e-5, atol=1e-6)
    assert ((found >= 0) & (found <= 1)).all()


def test_what_cannot_be_segmented_is_said():
    with pytest.raises(ValueError, match=r"volume \(8, 16, 16\) is smaller than the window \(16, 16, 16\): pad it"):
        region_probabilities(Toy(), volume(8, 16, 16), HAS, window=(16, 16, 16))
    torch.manual_seed(0)
    single = build("singletask", tasks={"idh": 2}, preset="tiny", modalities=2).eval()
    with pytest.raises(ValueError, match="this SingleTaskNet does not segment"):
        region_probabilities(single, volume(32, 32, 32), HAS, window=(32, 32, 32))
    bare = build("psnet", tasks={"idh": 2}, preset="tiny", modalities=2, segmentation=False).eval()
    with pytest.raises(ValueError, match="this PSNet does not segment: it was trained without segmentation"):
        region_probabilities(bare, volume(32, 32, 32), HAS, window=(32, 32, 32))
