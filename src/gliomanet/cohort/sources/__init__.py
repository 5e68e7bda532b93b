"""Kinds of sources of a centre's cases: one file per kind, found by `registry.source_of`."""
