"""Lines of progress in the language of a page: by code and values where they have any, else English and marked so."""

from __future__ import annotations

from markupsafe import Markup, escape

from gliomanet.app.words import app_words
from gliomanet.patient.statements.sentences import sentences
from gliomanet.patient.statements.statement import Statement, Value

Said = str | Statement
"""A line: English alone, as libraries tell what they do, or with its code and values."""

ENGLISH = ("why",)
"""Values that are a library's own words, and stay English in any language."""


def said(code: str, **values: Value) -> Statement:
    """Make a line of the app's own.

    Raises:
        KeyError: there is no sentence of this code, or it needs a value that is missing.
    """
    return Statement(code=code, values=values, text=app_words("en", "lines")(code, **values))


def line_html(line: Said, language: str) -> Markup:
    """A line as HTML."""
    if not isinstance(line, Statement):
        return _english(line, language)
    say = app_words(language, "lines")
    if not say.has_sentence(line.code):
        return sentences(language).html(line)
    values = {name: _english(one, language) if name in ENGLISH else one for name, one in line.values.items()}
    return Markup(escape(say.at(line.code))).format(**values)


def line_text(line: Said, language: str) -> str:
    """A line as plain text."""
    if not isinstance(line, Statement):
        return line
    if (say := app_words(language, "lines")).has_sentence(line.code):
        return say(line.code, **line.values)
    of = sentences(language)
    return of.text(line.code, line.values) if of.knows(line.code) else line.text


def _english(text: object, language: str) -> Markup:
    return Markup('<span lang="en">{}</span>').format(text) if language != "en" else escape(text)
