"""The reader of page templates: the report's and the quality pages' here, and those of packages above."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache  # a centre has as many pages as cases
def environment(package: str = "gliomanet.reporting") -> Environment:
    """The environment of a package's `templates/`: texts are escaped, and a name that is not given is an error."""
    return Environment(
        loader=PackageLoader(package, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
