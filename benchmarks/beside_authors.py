"""The networks' modules beside their authors' code, with the same weights and the same input.

    python benchmarks/beside_authors.py --cmtlnet CLONE/CMTLNet --gmmas CLONE

The clones are of github.com/ChiChienMile/CMTLNet and github.com/Dylanlyh/GMMAS, whose transformer is MTTU-Net's, too;
one of them is enough. Their code is imported from there, and nothing of it is here. Every one of their modules is made
at the paper's widths with random weights and statistics, which are copied into ours; both compute in evaluation mode. A
row is a module: the largest difference, the largest number, and what was set aside because it differs on purpose.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import types
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gliomanet.networks.blocks.fusion import ConvexFusionStem
from gliomanet.networks.blocks.heads import CosineHead
from gliomanet.networks.blocks.residual_unet import ResidualEncoder, group_norm
from gliomanet.networks.blocks.transformer import VoxelTransformer
from gliomanet.networks.cmtlnet import PRESETS, CommonFeatureExtractor, UniqueCommonFusion, UniqueFeatureExtractor
from gliomanet.training.losses.losses import cosface

TASKS = {"codel_1p19q": 2, "idh": 2, "grade": 2}
SIZE = (64, 96, 64)
HERE = (2, 3, 2)
"""The grid of the last maps at this size, for which the authors' spatial attention is made."""
ALL = torch.ones(2, 2, dtype=torch.bool)


class Row(NamedTuple):
    """A module, what both made of one input, and what was set aside."""

    module: str
    ours: Tensor
    theirs: Tensor
    aside: str = ""


# ------------------------------------------------------------------------------------------------- copying


def random_statistics(module: nn.Module) -> None:
    """Norms as they are after training: no mean of 0, no variance of 1."""
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm3d):
            nn.init.normal_(layer.running_mean, std=0.3)
            nn.init.uniform_(layer.running_var, 0.5, 2)
        if isinstance(layer, nn.BatchNorm3d | nn.GroupNorm | nn.LayerNorm):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, std=0.3)


def copy(theirs: Iterable[nn.Module], ours: Iterable[nn.Module]) -> None:
    """Give our layers the weights and statistics of theirs, layer by layer, in their order."""
    pairs = zip(layers_of(theirs), layers_of(ours), strict=True)
    for one, other in pairs:
        state = one.state_dict()
        other.load_state_dict({name: state[name] for name in other.state_dict()})


def layers_of(modules: Iterable[nn.Module]) -> Iterator[nn.Module]:
    """Those with weights."""
    for module in modules:
        for layer in module.modules():
            if isinstance(layer, nn.Conv3d | nn.BatchNorm3d | nn.GroupNorm | nn.Linear | nn.LayerNorm):
                yield layer


# ------------------------------------------------------------------------------------------------- CMTLNet


def cmtlnet_rows(utils: Any, densenet: Any) -> Iterator[Row]:
    """Rows of their `model.utils` and `model.densenet`."""
    paper, x = PRESETS["paper"], torch.randn(2, 3, *SIZE)
    common = CommonFeatureExtractor(2, TASKS, paper).eval()
    encoder, refine = densenet.maskdense121(in_channels=3).eval(), utils.CFE_refine().eval()
    for module in (encoder, refine):
        random_statistics(module)
    blocks = [getattr(encoder, f"denseblock{n}") for n in (1, 2, 3, 4)]
    endings = [*(getattr(encoder, f"transition{n}") for n in (1, 2, 3)), encoder.norm5]
    copy([encoder.First_convolution, encoder.First_BN], [common.stem.conv, common.stem.norm])
    copy(blocks, common.encoder.blocks)
    copy(endings, common.encoder.endings)
    copy([getattr(refine, f"block_{n}") for n in (1, 2, 3, 4)], common.refinement.levels)
    copy([refine.block_5, refine.block_6], [common.joint_branch, common.within_branch])
    taps, maps = encoder(x), common(x, ALL)
    for number, (mine, their) in enumerate(zip([maps.stem, *common.encoder(maps.stem)], taps, strict=True), 1):
        yield Row(f"CMTLNet, encoder, tap {number}", mine, their)
    yield Row("CMTLNet, common feature (refinement)", maps.common, refine.getFc(*taps))
    joint, within = refine(*taps)
    yield Row("CMTLNet, joint branch", common.joint_branch(maps.common), joint)
    yield Row("CMTLNet, within branch", common.within_branch(maps.common), within)

    unique, theirs = UniqueFeatureExtractor(2, TASKS, paper).eval(), utils.UFE_E2([3, 64, 128, 256, 512, 1024]).eval()
    random_statistics(theirs)
    copy([theirs.block_1], [unique.stem.conv, unique.stem.norm])
    copy([theirs.block_2], [unique.condition.conv, unique.condition_norm])
    copy([theirs.block_3, theirs.block_4, theirs.block_5], unique.levels)
    mine, _ = unique(x, ALL, maps.stem)
    each = [theirs(x, taps[0], torch.full((2,), number)) for number in range(3)]
    yield Row("CMTLNet, unique encoder, three tasks", mine, torch.stack(each))
    yield from fusion_rows(utils, mine, maps.common)
    yield from margin_rows(utils)


def fusion_rows(utils: Any, unique: Tensor, common: Tensor) -> Iterator[Row]:
    """UCFC; their last layers of attention are fully connected over one grid, so that weights are given to both."""
    ours = UniqueCommonFusion(2048, TASKS, PRESETS["paper"], dropout=0.0).eval()
    theirs, path = (
        utils.UCFCFusion(1024, 1024, 2, img_size=HERE).eval(),
        nn.Conv3d(2048, 1024, 3, padding=1, bias=False),
    )
    norms = nn.ModuleList([nn.BatchNorm3d(1024), nn.BatchNorm3d(1024)]).eval()
    for module in (theirs, norms):
        random_statistics(module)
    copy([path, norms[0]], [ours.common_path])
    copy([theirs.projf, theirs.proj, norms[1]], [ours.selected, ours.concatenation, ours.norm])
    copy([theirs.spatial_F_W.conv], [ours.selection.spatial_conv])
    first, norm, _, last = theirs.channel_F_W.se
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    mlp = ours.selection.channel_mlp
    mlp[0].weight.copy_(first.weight.flatten(1) * scale[:, None])
    mlp[0].bias.copy_(norm.bias - norm.running_mean * scale)
    mlp[2].weight.copy_(last.weight.flatten(1))
    mlp[2].bias.zero_()

    paths = torch.stack([unique[0], F.relu(norms[0](path(common)))], dim=1)
    total = paths.sum(dim=1)
    squeezed = [total.amax(dim=(2, 3, 4)), total.mean(dim=(2, 3, 4))]
    channel = sum(mlp(vector) for vector in squeezed).sigmoid()
    yield Row("CMTLNet, channel attention", channel, theirs.channel_F_W(total).flatten(1), "batch norm folded in")
    over = torch.cat([total.amax(dim=1, keepdim=True), total.mean(dim=1, keepdim=True)], dim=1)
    yield Row("CMTLNet, spatial attention", ours.selection.spatial_conv(over).sigmoid(), theirs.spatial_F_W(total))

    ours.selection.channel_scores[0].load_state_dict(theirs.fc.state_dict())
    for name in ("weight", "bias"):
        joined = torch.cat([getattr(layer, name) for layer in theirs.fcas])
        getattr(ours.selection.channel_scores[1], name).copy_(joined)
    for layer in (theirs.fc2, *theirs.fsas, ours.selection.spatial_scores):
        layer.weight.zero_()
    for number, given in enumerate((0.3, -0.7)):  # of a path, the same at every voxel
        theirs.fsas[number].bias.fill_(given)
        ours.selection.spatial_scores.bias[number] = given
    fused = norms[1](theirs(paths.flatten(1, 2))).relu().mean(dim=(2, 3, 4))
    features = ours(unique, common)[1]["codel_1p19q"]
    yield Row("CMTLNet, deep feature (UCFC)", features, fused, "spatial scores given: theirs are of one grid")


def margin_rows(utils: Any) -> Iterator[Row]:
    """CosFace, in training and in prediction."""
    theirs, ours = utils.MarginLoss(1024, 3, s=64.0, m=0.5), CosineHead(1024, 3)
    ours.weight.copy_(theirs.weights)
    features, labels = torch.randn(6, 1024), torch.tensor([0, 1, 2, 2, 1, 0])
    yield Row("CMTLNet, cosines", ours(features), theirs.predict(features))
    loss = cosface(ours(features), labels, scale=64, margin=0.5)
    yield Row("CMTLNet, CosFace", loss, F.cross_entropy(theirs(features, labels), labels))


# --------------------------------------------------------------------------------------- GMMAS and MTTU-Net


def gmmas_rows(unet: Any, transformer: Any) -> Iterator[Row]:
    """Rows of their `models.TransBraTS`."""
    theirs = unet.Unet(in_channels=4, base_channels=16, num_classes=4).eval()
    in_our_layers(theirs)
    random_statistics(theirs)
    nn.init.uniform_(theirs.InitConv_vars, 0, 2)
    names = ("flair", "ce", "t1", "t2")
    stem, encoder = ConvexFusionStem(4, 16), ResidualEncoder((16, 32, 64, 128), (1, 2, 2, 4)).eval()
    stem.significance.copy_(theirs.InitConv_vars)
    for number, name in enumerate(names):
        conv = getattr(theirs, f"InitConv_{name}").conv
        stem.conv.weight[:, number] = conv.weight[:, 0]
        stem.bias[number] = conv.bias
    for number, count in enumerate((1, 2, 2, 4), 1):
        blocks = (
            [getattr(theirs, f"EnBlock{number}_{k}") for k in range(1, count + 1)] if number > 1 else [theirs.EnBlock1]
        )
        copy(blocks, [encoder.levels[number - 1]])
    for number in (1, 2, 3):
        four = torch.stack([getattr(theirs, f"EnDown{number}_{name}").conv.weight for name in names])
        encoder.down[number - 1].weight.copy_(four.mean(dim=0))

    entered: list[Tensor] = []
    theirs.EnBlock1.register_forward_pre_hook(lambda _, given: entered.append(given[0]))
    x = torch.randn(2, 4, 32, 32, 32)
    for number in (4, 3, 2, 1):
        available = torch.arange(4).expand(2, 4) < number
        their_maps = theirs(x[:, :number])[:4]
        fused = stem(x, available)
        aside = "their dropout, active at inference by mistake, off"
        yield Row(f"GMMAS, stem of {number} modalities", fused, entered[-1], aside)
        if number == 4:
            for level, (mine, their) in enumerate(zip(encoder(fused), their_maps, strict=True), 1):
                yield Row(f"GMMAS, encoder, level {level}", mine, their, "norms, ReLUs and biases as here")
    yield transformer_row(transformer)


def in_our_layers(theirs: nn.Module) -> None:
    """Group norm, ReLU and no bias in the blocks of their encoder, and no dropout in its stem: its wiring is held."""
    for module in theirs.modules():
        if hasattr(module, "dropout"):
            module.dropout = 0.0
        for name, layer in module.named_children():
            if isinstance(layer, nn.BatchNorm3d):
                setattr(module, name, group_norm(layer.num_features))
            if isinstance(layer, nn.LeakyReLU):
                setattr(module, name, nn.ReLU())
            if isinstance(layer, nn.Conv3d) and layer.in_channels > 1:
                layer.bias.zero_()


def transformer_row(module: Any) -> Row:
    """Four layers over 64 tokens."""
    theirs = module.TransformerModel(512, 4, 8, 4096, 0.1, 0.1).eval()
    ours = VoxelTransformer(512, grid=(4, 4, 4), layers=4, heads=8, hidden=4096, dropout=0.1).eval()
    random_statistics(theirs)
    for layer, attention, mlp in zip(ours.layers, theirs.net[0::2], theirs.net[1::2], strict=True):
        inner = attention.fn.fn
        layer.queries_keys_values.weight.copy_(inner.qkv.weight)
        layer.queries_keys_values.bias.zero_()
        copy([attention.fn.norm, inner.proj], [layer.attention_norm, layer.out])
        copy([mlp.fn.norm, mlp.fn.fn.net], [layer.mlp])
    ours.positions.zero_()
    x = torch.randn(2, 512, 4, 4, 4)
    tokens = x.flatten(2).transpose(1, 2)
    for layer in theirs.net:
        tokens = layer(tokens)
    expected = ours.norm(tokens).transpose(1, 2).unflatten(2, (4, 4, 4))
    return Row("GMMAS and MTTU-Net, transformer", ours(x), expected, "positions 0: theirs are added as ours are")


# ------------------------------------------------------------------------------------------------ reporting


def imported(folder: Path, names: Mapping[str, str]) -> dict[str, Any]:
    """Argument → their module, from a clone's folder."""
    sys.path.insert(0, str(folder))
    # Their transformer keeps its layers in a sequence whose file not every clone has; the layers are called one by one.
    stand_in = types.ModuleType("models.TransBraTS.IntmdSequential")
    stand_in.IntermediateSequential = nn.Sequential  # type: ignore[attr-defined]
    sys.modules.setdefault(stand_in.__name__, stand_in)
    try:
        return {argument: importlib.import_module(name) for argument, name in names.items()}
    finally:
        sys.path.remove(str(folder))


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cmtlnet", type=Path, help="folder that holds their `model`")
    parser.add_argument("--gmmas", type=Path, help="folder that holds their `models`")
    asked = parser.parse_args()
    torch.manual_seed(0)
    rows: list[Row] = []
    if asked.cmtlnet:
        rows += cmtlnet_rows(**imported(asked.cmtlnet, {"utils": "model.utils", "densenet": "model.densenet"}))
    if asked.gmmas:
        names = {"unet": "models.TransBraTS.Unet_skipconnection", "transformer": "models.TransBraTS.Transformer"}
        rows += gmmas_rows(**imported(asked.gmmas, names))
    if not rows:
        parser.error("give --cmtlnet, --gmmas or both")
    print("| module | largest difference | largest number | set aside |\n|---|---|---|---|")
    for row in rows:
        apart = (row.ours - row.theirs).abs().max().item()
        print(f"| {row.module} | {apart:.1e} | {row.theirs.abs().max().item():.1e} | {row.aside} |")


if __name__ == "__main__":
    main()
