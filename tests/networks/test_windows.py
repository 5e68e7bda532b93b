import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gliomanet.networks.blocks.windows import cut_window, look_up, put_back, tumour_centres, window_corners


def test_centre_of_mass_of_what_a_region_claims():
    coarse = torch.full((3, 2, 4, 8, 10), -1.0)
    coarse[0, 0, 1, 2, 3] = 1  # one voxel
    coarse[1, 0, 0, 0, 0] = coarse[1, 1, 3, 7, 9] = 1  # two regions, opposite corners
    centres = tumour_centres(coarse)  # the third case: none
    torch.testing.assert_close(centres, torch.tensor([[1.5 / 4, 2.5 / 8, 3.5 / 10], [0.5] * 3, [0.5] * 3]))


def test_voxels_that_two_regions_claim_count_once():
    coarse = torch.full((1, 2, 4, 1, 1), -1.0)
    coarse[0, :, 0] = coarse[0, 0, 3] = 1
    assert tumour_centres(coarse)[0, 0] == 0.5


@pytest.mark.parametrize(
    ("centre", "volume", "window", "corner"),
    [
        ((10, 10, 10), (20, 20, 20), (4, 4, 4), [8, 8, 8]),
        ((10, 10, 10), (20, 20, 20), (5, 5, 5), [8, 8, 8]),  # 8 … 12
        ((9.5, 9.5, 9.5), (20, 20, 20), (4, 6, 20), [8, 7, 0]),  # between two voxels
        ((-50, 0, 99), (20, 30, 40), (8, 8, 8), [0, 0, 32]),
    ],
)
def test_corners(centre, volume, window, corner):
    assert window_corners(torch.tensor([centre]), volume=volume, window=window).tolist() == [corner]


@given(
    st.lists(st.floats(-100, 200), min_size=3, max_size=3),
    st.tuples(*[st.integers(1, 60)] * 3),
    st.tuples(*[st.floats(0.01, 1)] * 3),
)
def test_a_window_never_leaves_the_volume(centre, volume, shares):
    window = [max(int(size * share), 1) for size, share in zip(volume, shares, strict=True)]
    (corner,) = window_corners(torch.tensor([centre]), volume=volume, window=window).tolist()
    assert all(0 <= at <= size - extent for at, size, extent in zip(corner, volume, window, strict=True))


def test_what_was_cut_goes_back_to_its_place():
    volume = torch.randn(2, 3, 6, 7, 8)
    corners = torch.tensor([[0, 3, 2], [2, 0, 4]])
    window = cut_window(volume, corners, (4, 4, 4))
    assert torch.equal(window[1], volume[1, :, 2:6, 0:4, 4:8])
    assert torch.equal(put_back(window, corners, volume), volume)
    changed = put_back(torch.zeros_like(window), corners, volume)
    assert (changed == 0).sum() == window.numel()
    assert not (volume == 0).any()  # put_back works on a copy


def test_gradients_pass_through_the_place_where_a_window_went():
    volume, window = torch.randn(1, 1, 4, 4, 4, requires_grad=True), torch.randn(1, 1, 2, 2, 2, requires_grad=True)
    put_back(window, torch.tensor([[1, 1, 1]]), volume).sum().backward()
    assert window.grad.sum() == 8
    assert volume.grad.sum() == 64 - 8
    assert volume.grad[0, 0, 1:3, 1:3, 1:3].sum() == 0


def test_a_window_of_the_whole_volume_is_the_volume():
    volume, corners = torch.randn(1, 1, 4, 4, 4), torch.zeros(1, 3, dtype=torch.int64)
    assert cut_window(volume, corners, (4, 4, 4)) is volume
    assert put_back(volume, corners, torch.zeros_like(volume)) is volume


@pytest.mark.parametrize("stride", [2, 4])
@pytest.mark.parametrize("size", [(8, 8, 8), (4, 8, 2)])
def test_a_linear_field_is_looked_up_exactly(stride, size):
    """A map that holds the coordinates of its voxels' centres gives those of the window's grid."""
    n, window = 32 // stride, (8, 8, 8)
    centres = (torch.arange(n) + 0.5) * stride
    maps = torch.stack(torch.meshgrid(centres, centres, centres, indexing="ij"))[None].expand(2, -1, -1, -1, -1)
    corners = torch.tensor([[5, 8, 11], [8, 16, 20]])
    found = look_up(maps, corners, window=window, stride=stride, size=size)
    assert found.shape == (2, 3, *size)
    for case in range(2):
        along = [corners[case, a] + (torch.arange(size[a]) + 0.5) * 8 / size[a] for a in range(3)]
        torch.testing.assert_close(found[case], torch.stack(torch.meshgrid(*along, indexing="ij")))


def test_beyond_the_outer_voxels_centres_the_outer_values_hold():
    maps = torch.tensor([1.0, 2.0]).view(1, 1, 2, 1, 1)
    found = look_up(maps, torch.zeros(1, 3, dtype=torch.int64), window=(4, 2, 2), stride=2, size=(4, 1, 1))
    torch.testing.assert_close(found.flatten(), torch.tensor([1.0, 1.25, 1.75, 2.0]))


def test_looking_up_the_whole_volume_is_trilinear_interpolation():
    maps = torch.randn(2, 3, 4, 5, 6)
    found = look_up(maps, torch.zeros(2, 3, dtype=torch.int64), window=(8, 10, 12), stride=2, size=(8, 10, 12))
    expected = torch.nn.functional.interpolate(maps, scale_factor=2, mode="trilinear", align_corners=False)
    torch.testing.assert_close(found, expected)
