"""A report as PDF/A-2a: to be archived, tagged for screen readers, with text that can be taken out."""

from __future__ import annotations

import hashlib

from gliomanet.patient.page.pdf import data_only

VARIANT = "pdf/a-2a"
"""The conformance level that is PDF/A and tagged at once."""


def report_pdf(html: str, *, identifier: bytes) -> bytes | None:
    """The PDF of a page; `None` where the system library that sets it (Pango) is not installed.

    Args:
        html: of `report_html` for print.
        identifier: content that names the document.
    """
    try:
        from weasyprint import HTML
    except OSError:
        return None
    name = hashlib.sha256(identifier).digest()[:16]
    found: bytes = HTML(string=html, url_fetcher=data_only()).write_pdf(pdf_variant=VARIANT, pdf_identifier=name)
    return found
