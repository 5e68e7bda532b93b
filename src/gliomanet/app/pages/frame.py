"""The frame of every page: the head, the bar with the switch of languages, and what a page puts between."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from markupsafe import Markup
from starlette.requests import Request

from gliomanet import __version__
from gliomanet.app.templating import template
from gliomanet.app.words import LANGUAGES, app_words

STYLES = ("app.css", "review.css")


def frame(
    request: Request,
    language: str,
    title: str,
    body: Markup,
    *,
    styles: tuple[str, ...] = STYLES,
    scripts: tuple[str, ...] = (),
) -> str:
    """A whole page.

    Args:
        request: that it answers; its address, in the other language, is where the switch leads.
        language: `en` or `zh`.
        title: of the page, as text.
        body: inside of `<main>`.
        styles: style sheets below `/static/`.
        scripts: modules below `/static/`.
    """
    content = {
        "say": app_words(language, "frame"),
        "language": language,
        "title": title,
        "body": body,
        "styles": ("base.css", *styles),
        "scripts": scripts,
        "version": __version__,
        "switch": [(one, in_language(request, one)) for one in LANGUAGES],
        "is_home": request.url.path == "/",
    }
    return template("base").render(content)


def language_of(request: Request) -> str:
    """The language that an address asks for, else the first that the browser asks for and the app has, else English."""
    asked = request.query_params.get("lang")
    if asked in LANGUAGES:
        return asked
    for part in request.headers.get("accept-language", "").split(","):
        if (name := part.strip()[:2].lower()) in LANGUAGES:
            return name
    return LANGUAGES[0]


def wants_page(request: Request) -> bool:
    """True for a form that a browser sends without scripts, which goes on to a page."""
    return "text/html" in request.headers.get("accept", "")


def in_same_language(request: Request, path: str) -> str:
    """A page's address in the language that a form was sent from, where its own address tells that."""
    asked = request.query_params.get("lang")
    return f"{path}?lang={asked}" if asked in LANGUAGES else path


def in_language(request: Request, language: str) -> str:
    """The address of a page in a language."""
    values = {name: value for name, value in request.query_params.items() if name != "token"} | {"lang": language}
    # One slash at its begin: with two, the address would be another server's.
    return f"/{quote(request.url.path.lstrip('/'))}?{urlencode(values)}"
