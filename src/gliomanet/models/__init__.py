"""Parts around a network: its input, its devices, harmonisation, tabular models, its description."""
