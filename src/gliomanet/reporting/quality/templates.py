"""The templates of the quality pages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from gliomanet.files.atomic import write_atomically


def write_page(out: Path, template: str, context: Mapping[str, Any]) -> None:
    """Write a page from a template of `reporting/templates`."""
    write_atomically(out, Markup(_template(template).render(context)).encode())


@cache  # a centre has as many pages as cases
def _template(name: str) -> Template:
    environment = Environment(
        loader=PackageLoader("gliomanet.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)
