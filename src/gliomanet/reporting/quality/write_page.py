"""The quality pages as files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from gliomanet.files.atomic import write_atomically
from gliomanet.reporting.templating import environment


def write_page(out: Path, template: str, context: Mapping[str, Any]) -> None:
    """Write a page from a template of `reporting/templates`."""
    write_atomically(out, Markup(environment().get_template(template).render(context)).encode())
