"""Losses and how they are weighted."""
