import torch
from torch import nn

from gliomanet.networks.blocks.transformer import AttentionLayer, VoxelTransformer


def transformer(grid=(2, 3, 4)):
    torch.manual_seed(0)
    return VoxelTransformer(8, grid=grid, layers=2, heads=2, hidden=16, dropout=0.1).eval()


def test_a_layer_is_torchs_own_with_the_same_weights():
    torch.manual_seed(0)
    layer = AttentionLayer(8, heads=2, hidden=16, dropout=0.1).eval()
    theirs = nn.TransformerEncoderLayer(8, 2, 16, activation="gelu", batch_first=True, norm_first=True).eval()
    pairs = [
        (theirs.norm1, layer.attention_norm),
        (theirs.self_attn.out_proj, layer.out[0]),
        (theirs.norm2, layer.mlp[0]),
        (theirs.linear1, layer.mlp[1]),
        (theirs.linear2, layer.mlp[4]),
    ]
    for their, mine in pairs:
        their.load_state_dict(mine.state_dict())
    with torch.no_grad():
        theirs.self_attn.in_proj_weight.copy_(layer.queries_keys_values.weight)
        theirs.self_attn.in_proj_bias.copy_(layer.queries_keys_values.bias)
        tokens = torch.randn(2, 5, 8)
        torch.testing.assert_close(layer(tokens), theirs(tokens))


def test_dropout_can_be_switched_on_alone():
    net = transformer()
    for module in net.modules():
        if isinstance(module, nn.Dropout):
            module.train()
    x = torch.randn(1, 8, 2, 3, 4)
    with torch.no_grad():
        assert not torch.equal(net(x), net(x))


def test_the_maps_shape_is_kept_on_any_grid():
    net = transformer()
    for grid in ((2, 3, 4), (4, 4, 4), (1, 1, 1)):
        assert net(torch.randn(2, 8, *grid)).shape == (2, 8, *grid)


def test_positions_are_the_learned_ones_on_their_grid_and_interpolated_on_others():
    net = transformer()
    assert net.positions_on((2, 3, 4)) is net.positions
    with torch.no_grad():
        net.positions.copy_(torch.arange(2.0).view(1, 1, 2, 1, 1).expand_as(net.positions))
    torch.testing.assert_close(net.positions_on((4, 3, 4))[0, 0, :, 0, 0], torch.tensor([0, 0.25, 0.75, 1]))


def test_without_positions_the_order_of_voxels_means_nothing():
    net = transformer()
    x = torch.randn(1, 8, 2, 3, 4)
    with torch.no_grad():
        assert not torch.allclose(net(x.flip(2)).flip(2), net(x), atol=1e-4)
        nn.init.zeros_(net.positions)
        torch.testing.assert_close(net(x.flip(2)).flip(2), net(x), rtol=1e-4, atol=1e-5)


def test_a_voxel_attends_to_all_others():
    net = transformer()
    x = torch.randn(1, 8, 2, 3, 4, requires_grad=True)
    net(x)[0, :, 0, 0, 0].square().sum().backward()
    assert (x.grad.abs().sum(dim=1) > 0).all()
