"""The sentences of a page, in one file a language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True)
class Words:
    """Sentences by key, such as `tasks.one`, with values put into them.

    Attributes:
        sentences: what the language's file holds.
    """

    sentences: dict[str, Any]

    def __call__(self, key: str, **values: object) -> str:
        """A sentence with its values.

        Raises:
            KeyError: the language has no such sentence, or a value is missing.
        """
        found: Any = self.sentences
        for part in key.split("."):
            found = found[part]
        return str(found).format(**values)

    def name(self, key: str, name: str) -> str:
        """The word for a name, such as of a tumour's part; the name itself where the language has none."""
        found: Any = self.sentences
        for part in key.split("."):
            found = found[part]
        return str(found.get(name, name))


@cache
def words(language: str = "en") -> Words:
    """The sentences of a language."""
    text = files("gliomanet.reporting").joinpath(f"templates/patient/{language}.yaml").read_text(encoding="utf-8")
    return Words(yaml.safe_load(text))
