import math

import torch
from torch.nn import functional as F

from gliomanet.networks.blocks.fusion import ConvexFusionStem


def stem_with(v):
    torch.manual_seed(0)
    stem = ConvexFusionStem(len(v), channels=4)
    with torch.no_grad():
        stem.significance.copy_(torch.tensor(v))
        torch.nn.init.normal_(stem.bias)
    return stem


def test_shares_by_hand():
    stem = stem_with([1.0, 1 + math.log(2), 1 + math.log(5)])  # w = 1, 2, 5
    shares = stem.shares(torch.tensor([[True, True, True], [True, True, False], [False, False, True]]))
    expected = torch.tensor([[1 / 8, 2 / 8, 5 / 8], [1 / 3, 2 / 3, 0], [0, 0, 1]])
    torch.testing.assert_close(shares, expected)


def test_at_first_all_modalities_count_alike():
    torch.testing.assert_close(
        ConvexFusionStem(4, 8).shares(torch.ones(1, 4, dtype=torch.bool)), torch.full((1, 4), 0.25)
    )


def test_one_convolution_is_the_weighted_mean_of_a_convolution_a_modality():
    v = [0.5, 2.0, 1.0]
    stem = stem_with(v)
    x = torch.randn(2, 3, 5, 6, 7)
    available = torch.tensor([[True, True, True], [True, False, True]])
    for case in range(2):
        present = available[case].nonzero()[:, 0].tolist()
        w = {m: math.exp(v[m] - 1) for m in present}
        maps = [
            w[m] * F.conv3d(x[case : case + 1, m : m + 1], stem.conv.weight[:, m : m + 1], stem.bias[m], padding=1)
            for m in present
        ]
        expected = sum(maps) / sum(w.values())
        torch.testing.assert_close(stem(x, available)[case : case + 1], expected, rtol=1e-4, atol=1e-5)
