"""What surrounds a network: its input, its devices, harmonisation, tabular models, its description."""
