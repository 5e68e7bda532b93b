import pytest
import torch
from torch import nn

from gliomanet.networks.blocks.fusion import ChannelFusion


@pytest.mark.parametrize("bottleneck", [1, 4])
def test_shape_is_that_of_the_first_map(bottleneck):
    fusion = ChannelFusion(8, 5, bottleneck=bottleneck)
    assert fusion(torch.randn(2, 8, 3, 4, 5), torch.randn(2, 5, 3, 4, 5)).shape == (2, 8, 3, 4, 5)


def test_a_channel_whose_weight_is_zero_is_not_fused():
    fusion = ChannelFusion(4, 4)
    nn.init.zeros_(fusion.attention[2].weight)
    closed = torch.tensor([0.0] * 4 + [-200.0] * 4)  # sigmoid(-200) is 0 in float32
    with torch.no_grad():
        fusion.attention[2].bias.copy_(closed)
        maps = torch.randn(1, 4, 2, 2, 2)
        first, second = fusion(maps, torch.randn(1, 4, 2, 2, 2)), fusion(maps, torch.randn(1, 4, 2, 2, 2))
        torch.testing.assert_close(first, second)
        fusion.attention[2].bias.copy_(closed.flip(0))
        assert not torch.allclose(fusion(maps, torch.randn(1, 4, 2, 2, 2)), fusion(maps, -maps), atol=1e-3)
