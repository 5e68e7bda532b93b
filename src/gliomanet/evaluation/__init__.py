"""Metrics, their intervals, and comparisons, from prediction tables and labels alone."""
