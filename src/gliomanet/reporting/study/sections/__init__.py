"""Sections of the report: one section a file."""
