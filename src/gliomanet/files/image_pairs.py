"""Images that two files hold together: a header `.hdr` and its voxels `.img`, each compressed or not."""

from __future__ import annotations

from pathlib import Path

_OTHER = {".hdr": ".img", ".img": ".hdr"}


def other_half(path: Path) -> Path | None:
    """The file beside `path` that completes it, whatever the case of their suffixes; `None` where there is none."""
    stem, suffix = _split(path.name)
    if suffix not in _OTHER:
        return None
    try:
        beside = sorted(path.parent.iterdir())
    except OSError:
        return None
    return next((one for one in beside if _split(one.name) == (stem, _OTHER[suffix])), None)


def _split(name: str) -> tuple[str, str]:
    """Stem and suffix of a name without its `.gz`, the suffix in small letters."""
    plain = name[:-3] if name.lower().endswith(".gz") else name
    suffix = Path(plain).suffix
    return plain[: len(plain) - len(suffix)], suffix.lower()
