"""The ground that a number of a finished study stands on."""
