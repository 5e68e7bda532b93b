"""A finished study as evidence: what it was made with, what differs from another, and where a number comes from."""
