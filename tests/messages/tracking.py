"""Stores and results that `gliomanet track` refuses."""

WRONG = (
    ("empty", "sqlite:///{folder}/new.db"),
    ("finished", "./mlruns"),
    ("finished", "sqlite:///{folder}/no.db"),
    ("finished", "http://127.0.0.1:9"),
)
