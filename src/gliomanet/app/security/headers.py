"""Headers of every answer: only this server's own scripts, styles and pictures are loaded, and nothing is kept."""

from __future__ import annotations

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "worker-src 'none'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

ALWAYS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


def headers_of(path: str) -> dict[str, str]:
    """Headers of an answer to a path: files of the program may be kept once they were checked, all else may not."""
    kept = "no-cache" if path.startswith("/static/") else "no-store"
    return ALWAYS | {"cache-control": kept}
