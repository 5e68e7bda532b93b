"""The sentences of a language by key, as pages and reports read them from one YAML file a language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True)
class Wording:
    """Sentences by key, such as `trust.look`, with values put into them.

    Attributes:
        sentences: what the language's file holds, or a part of it.
    """

    sentences: Mapping[str, Any]

    def __call__(self, key: str, **values: object) -> str:
        """A sentence with its values.

        Raises:
            KeyError: the language has no such sentence, or a value is missing.
        """
        return str(self.at(key)).format(**values)

    def at(self, key: str) -> Any:
        """Everything that stands below a key.

        Raises:
            KeyError: nothing does.
        """
        found: Any = self.sentences
        for part in key.split("."):
            found = found[part]
        return found

    def name(self, key: str, code: str) -> str:
        """The word for a code, which may have points in it.

        Raises:
            KeyError: the language has no word for it.
        """
        return str(self.at(key)[code])

    def has(self, key: str, code: str) -> bool:
        """True where the language has a word for a code."""
        return code in self.at(key)

    def has_sentence(self, key: str) -> bool:
        """True where the language has a sentence of this key; none has points in its own name."""
        return isinstance(self.sentences.get(key), str)


@cache
def sentences_of(package: str, file: str) -> Mapping[str, Any]:
    """The sentences that a package's YAML file holds, read once."""
    found: Mapping[str, Any] = yaml.safe_load(files(package).joinpath(file).read_text(encoding="utf-8"))
    return found
