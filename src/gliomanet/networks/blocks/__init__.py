"""What the networks share: one idea a file."""
