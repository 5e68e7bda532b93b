"""Figures of the report: one figure a file."""
