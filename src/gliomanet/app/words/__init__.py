"""The sentences of the app's own pages, a file a language and in it a key a part of the app."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from gliomanet.patient.page.words import Words

LANGUAGES = ("en", "zh")
"""English, and Chinese in simplified characters."""


@cache
def app_words(language: str, part: str) -> Words:
    """The sentences of one part of the app, such as `for_patients`, in a language.

    Raises:
        KeyError: the language's file has no such part.
    """
    return Words(_sentences(language)[part])


@cache
def _sentences(language: str) -> dict[str, Any]:
    text = files("gliomanet.app.words").joinpath(f"{language}.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found
