"""`gliomanet reference`: what is generated from the models of the configuration."""

from __future__ import annotations

from pathlib import Path

from gliomanet.config.reference import write_reference


def reference(root: Path = Path()) -> None:
    """Renew what is generated from the configuration's models: schema, defaults, key table."""
    write_reference(root)
