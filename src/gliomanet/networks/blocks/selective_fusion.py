"""Selective fusion of feature paths by channel and spatial attention."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SelectiveFusion(nn.Module):
    """Sum of paths, weighted at every channel and voxel by a softmax over the paths.

    Channel scores: one MLP over the max- and the average-pooled sum of the paths, then a linear layer a path. Spatial
    scores: the sum's maximum and mean over channels, a 7³ convolution, then an affine map a path. A path's score is
    their outer product. The source's spatial layer is fully connected over one fixed grid; here it is pointwise, so
    that every input size works.

    Args:
        channels: channels of every path.
        reduction: the MLP's hidden layer has `channels // reduction` units.
        n_paths: number of paths.

    Source: Chen et al. 2025, Medical Image Analysis 101:103435 (UCFC), after selective kernels (arXiv:1903.06586)
    and CBAM (arXiv:1807.06521).
    """

    def __init__(self, channels: int, *, reduction: int = 4, n_paths: int = 2) -> None:
        super().__init__()
        hidden = max(channels // reduction, 1)
        self.channel_mlp = nn.Sequential(nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels))
        self.channel_scores = nn.Linear(channels, n_paths * channels)
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
