"""The sentences of a page, in one file a language, with the words and statements of that language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from markupsafe import Markup

from gliomanet.patient.page.feature_words import feature_words
from gliomanet.patient.statements.sentences import sentences
from gliomanet.patient.statements.statement import Statement
from gliomanet.reporting.wording import Wording, sentences_of


@dataclass(frozen=True)
class Words(Wording):
    """Sentences by key, such as `tasks.one`, with values put into them."""

    @property
    def language(self) -> str:
        return str(self.sentences["language"])

    def name(self, key: str, name: str) -> str:
        """The word for a name, such as of a tumour's part; the name itself where the language has none."""
        return str(self.at(key).get(name, name))

    def named(self, kind: str, name: str) -> str:
        """The word that statements have for a name, such as `task`, `class`, `modality`; else the name itself."""
        return sentences(self.language).name(kind, name)

    def task(self, name: str) -> str:
        """`codel_1p19q` → `1p/19q`; a further task without underscores."""
        return self.named("task", name).replace("_", " ")

    def feature(self, name: str) -> str:
        """A radiomic feature."""
        return feature_words(name, self.language)

    def tell(self, said: Statement) -> Markup:
        """A statement as HTML; what stays English within another language is marked."""
        return sentences(self.language).html(said)

    def english(self, text: str) -> str | Markup:
        """Text that is English in any language, marked so."""
        return text if self.language == "en" or not text else Markup('<span lang="en">{}</span>').format(text)

    def listing(self, names: Iterable[str]) -> str:
        """Join names as `a, b and c`."""
        names = list(names)
        if len(names) < 2:
            return "".join(names)
        return self("and", first=self("comma").join(names[:-1]), last=names[-1])


@cache
def words(language: str = "en") -> Words:
    """The sentences of a language."""
    return Words(sentences_of("gliomanet.reporting", f"templates/patient/{language}.yaml"))
