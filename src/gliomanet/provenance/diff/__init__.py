"""Differences between two finished studies."""
