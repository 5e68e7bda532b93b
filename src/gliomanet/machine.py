"""What this machine has, found without a library that takes seconds to import."""

from __future__ import annotations

from pathlib import Path


def count_gpus(devices: Path = Path("/proc/driver/nvidia/gpus")) -> int:
    """The GPUs that NVIDIA's driver lists; 0 without a driver."""
    return len(list(devices.glob("*")))
