"""HTML to a tagged PDF (PDF/UA-1) whose bytes depend on the HTML alone."""

from __future__ import annotations

import hashlib
from typing import Any


def pdf_of(html: str, *, identifier: bytes) -> bytes | None:
    """A page as PDF; `None` where the system library that sets it (Pango) is not installed.

    Nothing is fetched but `data:` addresses.

    Args:
        html: the page.
        identifier: content that names the document; its digest becomes the PDF's identifier.
    """
    try:
        from weasyprint import HTML
    except OSError:
        return None
    found: bytes = HTML(string=html, url_fetcher=data_only()).write_pdf(
        pdf_variant="pdf/ua-1",
        pdf_identifier=hashlib.sha256(identifier).digest()[:16],
    )
    return found


def data_only() -> Any:
    """A fetcher of `data:` addresses alone."""
    from weasyprint.urls import URLFetcher

    return URLFetcher(allowed_protocols={"data"}, fail_on_errors=True)
