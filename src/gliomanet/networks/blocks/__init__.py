"""What the networks share: one idea a file."""

from gliomanet.networks.blocks.stochastic import set_stochastic

__all__ = ["set_stochastic"]
