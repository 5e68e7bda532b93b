"""Pseudo-labels: their selection, and the check of the teachers."""
