"""The app's page templates."""

from __future__ import annotations

from jinja2 import Template

from gliomanet.reporting.templating import environment


def template(name: str) -> Template:
    """A template of `app/templates`, by its name without `.html.j2`."""
    return environment("gliomanet.app").get_template(f"{name}.html.j2")
