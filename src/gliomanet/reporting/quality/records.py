"""What the quality pages read of a case, and where its page lies."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gliomanet.files.reading_back import read_written_json


def record_of(case_dir: Path) -> dict[str, Any]:
    """What preprocessing says of a case: `preprocess.json`."""
    return read_written_json(case_dir / "preprocess.json", delete=case_dir)


def page_name(case_id: str) -> str:
    """`<case>.html`; a case called "index" makes way for the centre's page."""
    return f"{case_id}.html" if case_id != "index" else "index-case.html"


def address(case_id: str) -> str:
    """A case's page as a link from a page beside it."""
    return quote(page_name(case_id))


def picture(path: Path) -> str | None:
    """A picture as it stands in a page; nothing where there is none."""
    if not path.is_file():
        return None
    kind = "png" if path.suffix == ".png" else "webp"
    return f"data:image/{kind};base64," + base64.b64encode(path.read_bytes()).decode("ascii")
