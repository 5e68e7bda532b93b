"""Fusion of two feature maps by channel attention."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gliomanet.networks.blocks.residual_unet import conv_norm_relu


class ChannelFusion(nn.Module):
    """A map and another one beside it, every channel of both weighted by what the two hold, to one map.

    The other map is convolved to the first's channels. Both are averaged over their voxels; an MLP makes of the
    averages a weight in (0, 1) for each channel (squeeze and excitation, arXiv:1709.01507); a 1³ convolution of the
    weighted channels is added to the first map.

    Args:
        channels: channels of the map, and out.
        other_channels: channels of the other map.
        reduction: the MLP's hidden layer has `2 * channels // reduction` units, at least 4.
        bottleneck: see `conv_norm_relu`.
    """

    def __init__(self, channels: int, other_channels: int, *, reduction: int = 16, bottleneck: int = 1) -> None:
        super().__init__()
        hidden = max(2 * channels // reduction, 4)
        self.align = conv_norm_relu(other_channels, channels, bottleneck=bottleneck)
        self.attention = nn.Sequential(
            nn.Linear(2 * channels, hidden), nn.ReLU(), nn.Linear(hidden, 2 * channels), nn.Sigmoid()
        )
        self.merge = nn.Conv3d(2 * channels, channels, kernel_size=1)

    def forward(self, maps: Tensor, other: Tensor) -> Tensor:
        """(B, C, D, H, W) and (B, C', D, H, W) → (B, C, D, H, W)."""
        both = torch.cat([maps, self.align(other)], dim=1)
        weights = self.attention(both.mean(dim=(2, 3, 4)))
        return maps + self.merge(both * weights[:, :, None, None, None])  # type: ignore[no-any-return]


class ConvexFusionStem(nn.Module):
    """A 3³ convolution a modality, and their learned convex sum: Σ w_m conv_m(x_m) / Σ w_m, w_m = exp(v_m − 1).

    The sums run over the modalities that a case has, so an absent one has no influence and the others' weights still
    sum to 1. Both steps are linear: the modalities are weighted first and convolved together, which is the same sum in
    one convolution.

    Args:
        n_modalities: modalities.
        channels: channels out.

    Source: Liu et al. 2025 (GMMAS), the modality stem.
    """

    def __init__(self, n_modalities: int, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv3d(n_modalities, channels, kernel_size=3, padding=1, bias=False)
        self.bias = nn.Parameter(torch.zeros(n_modalities, channels))
        self.significance = nn.Parameter(torch.ones(n_modalities))  # v_m

    def forward(self, x: Tensor, available: Tensor) -> Tensor:
        """(B, M, D, H, W) modalities and bool (B, M), at least one a case → (B, channels, D, H, W)."""
        shares = self.shares(available)
        known = torch.where(available[:, :, None, None, None], x, x.new_zeros(()))  # not a product: NaN × 0 is NaN
        bias = shares @ self.bias
        return self.conv(known * shares[:, :, None, None, None]) + bias[:, :, None, None, None]  # type: ignore[no-any-return]

    def shares(self, available: Tensor) -> Tensor:
        """The weights w_m / Σ w_m of bool (B, M) modalities: (B, M), 0 for an absent one."""
        weights = torch.where(available, torch.exp(self.significance - 1), 0.0)
        return weights / weights.sum(dim=1, keepdim=True)


class SelectiveFusion(nn.Module):
    """Sum of paths, weighted at every channel and voxel by a softmax over the paths.

    Channel scores: one MLP over the max- and the average-pooled sum of the paths, a sigmoid, then a linear layer for
    all paths and one for each. Spatial scores: the sum's maximum and mean over channels, a 7³ convolution, a sigmoid,
    then an affine map a path. A path's score is their outer product. The source's spatial layers are fully connected
    over one fixed grid; here they are pointwise, so that every input size works.

    Args:
        channels: channels of every path.
        reduction: the MLP's hidden layer has `channels // reduction` units, at least 32; the linear layer for all paths
            `n_paths * channels // reduction`, at least 32.
        n_paths: number of paths.

    Source: Chen et al. 2025, Medical Image Analysis 101:103435 (UCFC), after selective kernels (arXiv:1903.06586)
    and CBAM (arXiv:1807.06521).
    """

    def __init__(self, channels: int, *, reduction: int = 4, n_paths: int = 2) -> None:
        super().__init__()
        hidden = max(channels // reduction, 32)
        common = max(n_paths * channels // reduction, 32)
        self.channel_mlp = nn.Sequential(nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels))
        self.channel_scores = nn.Sequential(nn.Linear(channels, common), nn.Linear(common, n_paths * channels))
        self.spatial_conv = nn.Conv3d(2, 1, kernel_size=7, padding=3)
        self.spatial_scores = nn.Conv3d(1, n_paths, kernel_size=1)

    def forward(self, paths: Tensor) -> Tensor:
        """(B, K, C, D, H, W), K paths → (B, C, D, H, W)."""
        return (self.weights(paths) * paths).sum(dim=1)

    def weights(self, paths: Tensor) -> Tensor:
        """The paths' shares, (B, K, C, D, H, W), which sum to 1 over K."""
        total = paths.sum(dim=1)
        n, c = total.shape[:2]
        pooled = self.channel_mlp(total.amax(dim=(2, 3, 4))) + self.channel_mlp(total.mean(dim=(2, 3, 4)))
        of_channels = self.channel_scores(torch.sigmoid(pooled)).view(n, -1, c, 1, 1, 1)
        over_channels = torch.cat([total.amax(dim=1, keepdim=True), total.mean(dim=1, keepdim=True)], dim=1)
        of_voxels = self.spatial_scores(torch.sigmoid(self.spatial_conv(over_channels)))[:, :, None]
        return torch.softmax(of_channels * of_voxels, dim=1)
