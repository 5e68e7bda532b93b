"""Radiomic features: extraction from preprocessed cases, and their tables."""
