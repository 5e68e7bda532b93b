"""Recipes of training, one per network."""
