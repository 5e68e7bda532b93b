"""Console of the command."""

from __future__ import annotations

from rich.console import Console

console = Console(highlight=False, soft_wrap=True)

progress_console = Console(stderr=True)
"""Console of progress bars: beside the output, so that this can be kept in a file."""
