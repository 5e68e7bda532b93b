"""Figures and the page a reader opens first."""
