"""The audit looks at the same image files as preprocessing does."""

from tests.imaging.conftest import brain, modalities, write_case

__all__ = ["brain", "modalities", "write_case"]
