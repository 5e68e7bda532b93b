"""First weights of the convolutional networks."""

from __future__ import annotations

from torch import nn


def initialise_convolutions(module: nn.Module) -> None:
    """He initialisation (arXiv:1502.01852) of every 3D convolution, zero biases; drawn from torch's generator.

    Torch's own default is a third of this variance: with no residual paths, 100 layers of it fade the signal.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv3d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
