"""Radiomic features that explain a network, and hold in every centre."""
