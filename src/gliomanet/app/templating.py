"""The reader of the app's page templates."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def environment() -> Environment:
    """The environment of `app/templates`: texts are escaped, and a name that is not given is an error."""
    return Environment(
        loader=PackageLoader("gliomanet.app", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
