"""The sentences of a language: one file each, `en.yaml` and `zh.yaml` beside this one, with the same codes.

A sentence's `{name:kind}` says what a value is: `{task:task}` a name that the language has a word for, `{why:english}`
text from below that stays English, `{value:.3g}` a number. A tuple is joined; a value may be a statement itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import TYPE_CHECKING, Any

import yaml
from markupsafe import Markup, escape

if TYPE_CHECKING:
    from gliomanet.patient.statements.statement import Statement

LANGUAGES = ("en", "zh")
ENGLISH = "english"
"""Kind of a value whose text is English whatever the language."""


@dataclass(frozen=True)
class Sentences:
    """Sentences and words of a language.

    Attributes:
        language: `en` or `zh`.
        says: code's parts → sentence, nested.
        names: kind → name → word.
        comma: stands between the members of a list.
    """

    language: str
    says: Mapping[str, Any]
    names: Mapping[str, Mapping[str, str]]
    comma: str

    def text(self, code: str, values: Mapping[str, Any]) -> str:
        """A sentence as plain text.

        Raises:
            KeyError: there is no such sentence, or a value is missing.
        """
        return "".join(text for text, _ in self._parts(code, values))

    def html(self, said: Statement) -> Markup:
        """A sentence as HTML: what is English within another language is marked so.

        A code that the language does not know, of a newer gliomanet, is told in English.
        """
        if not self.knows(said.code):
            return _english(said.text)
        foreign = self.language != "en"
        parts = self._parts(said.code, said.values)
        return Markup("").join(_english(text) if english and foreign else escape(text) for text, english in parts)

    def knows(self, code: str) -> bool:
        """True where the language has a sentence of this code."""
        found: Any = self.says
        for part in code.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return isinstance(found, str)

    def name(self, kind: str, name: str) -> str:
        """The language's word for a name; the name itself, such as a centre's, where there is none."""
        return str(self.names[kind].get(name, name))

    def _parts(self, code: str, values: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
        """The pieces of a sentence, and if each is English by its nature."""
        sentence: Any = self.says
        for part in code.split("."):
            sentence = sentence[part]
        for literal, field, kind, _ in Formatter().parse(str(sentence)):
            if literal:
                yield literal, False
            if field is None:
                continue
            value = values[field]
            if hasattr(value, "code"):
                yield from self._parts(value.code, value.values)
            elif kind == ENGLISH:
                yield str(value), True
            elif kind and kind in self.names:
                named = [self.name(kind, one) for one in ((value,) if isinstance(value, str) else value)]
                yield self.comma.join(named), False
            elif isinstance(value, tuple):
                yield self.comma.join(value), False
            else:
                yield format(value, kind or ""), False


@cache
def sentences(language: str = "en") -> Sentences:
    """The sentences of a language."""
    text = files("gliomanet.patient.statements").joinpath(f"{language}.yaml").read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    return Sentences(language, content["says"], content["names"], content["comma"])


def _english(text: str) -> Markup:
    return Markup('<span lang="en">{}</span>').format(text)
