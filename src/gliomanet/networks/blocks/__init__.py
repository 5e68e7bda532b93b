"""Blocks that networks share, one idea per file."""
