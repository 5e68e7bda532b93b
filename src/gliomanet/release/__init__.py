"""A finished study's model made ready for others: chosen, written as a bundle with its card, and checked."""
