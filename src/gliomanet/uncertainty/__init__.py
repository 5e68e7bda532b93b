"""Probabilities and their calibration."""
