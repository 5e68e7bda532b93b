"""Stores of MLflow that runs can go to."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from gliomanet.errors import Problem, ProblemError

DATABASE, SERVERS = "sqlite:///", ("http://", "https://")


def without_password(uri: str, text: str | None = None) -> str:
    """A store's address, or a text that names it, without its user and password.

    >>> without_password("https://ann:secret@runs.example"), without_password("sqlite:///a@b.db")
    ('https://runs.example', 'sqlite:///a@b.db')
    """
    user = urlsplit(uri).netloc.rpartition("@")[0]
    told = uri if text is None else text
    return told.replace(f"{user}@", "") if user else told


def tracking_uri(uri: str) -> str:
    """Refuse what is neither a SQLite file nor a server.

    Raises:
        ProblemError: rule `no_tracking_store`.
    """
    if uri.startswith((DATABASE, *SERVERS)) and not uri.endswith("://") and uri != DATABASE:
        return uri
    action = f"write {DATABASE}<path>, https://<server> or http://<server>; MLflow no longer writes to folders"
    raise ProblemError(Problem(f"{without_password(uri)!r} is no store of runs", action, rule="no_tracking_store"))


TrackingUri = Annotated[str, AfterValidator(tracking_uri)]
