"""Which radiomic features explain a network, and hold in every centre."""
