"""Stores of MLflow that runs can go to."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from gliomanet.errors import Problem, ProblemError

DATABASE, SERVERS = "sqlite:///", ("http://", "https://")


def tracking_uri(uri: str) -> str:
    """Refuse what is neither a SQLite file nor a server.

    Raises:
        ProblemError: rule `no_tracking_store`.
    """
    if uri.startswith((DATABASE, *SERVERS)) and not uri.endswith("://") and uri != DATABASE:
        return uri
    action = f"write {DATABASE}<path>, https://<server> or http://<server>; MLflow no longer writes to folders"
    raise ProblemError(Problem(f"{uri!r} is no store of runs", action, rule="no_tracking_store"))


TrackingUri = Annotated[str, AfterValidator(tracking_uri)]
