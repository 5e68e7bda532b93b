"""The sentences of the app's own pages, a file a language and in it a key a part of the app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from gliomanet.reporting.wording import Wording, sentences_of

Language = Literal["en", "zh"]
"""English, and Chinese in simplified characters."""

LANGUAGES: tuple[Language, ...] = get_args(Language)


def app_words(language: str, part: str) -> Wording:
    """The sentences of one part of the app, such as `for_patients`, in a language.

    Raises:
        KeyError: the language's file has no such part.
    """
    return Wording(sentences_of("gliomanet.app", f"words/{language}.yaml")[part])


def problem_words(language: str) -> Mapping[str, Mapping[str, str]]:
    """Rule of a problem → `found` and `action` in a language other than the program's own; empty: English.

    They hold no values: the program's English sentence, which does, is shown below them and marked as English.
    """
    return {} if language == "en" else sentences_of("gliomanet.app", f"words/problems.{language}.yaml")
