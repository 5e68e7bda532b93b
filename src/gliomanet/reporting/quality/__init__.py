"""The quality-control pages: one a centre, one a case."""
