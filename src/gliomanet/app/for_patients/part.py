"""A part of the page for patients: a heading and what stands under it, as plain text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    """A sentence or an item, with items below it.

    Attributes:
        text: one paragraph.
        items: a list that follows it.
    """

    text: str
    items: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """A part of the page.

    Attributes:
        name: its anchor.
        title: its heading.
        points: its paragraphs.
        parts: further parts below it, such as a question each.
        caution: True where it is to be seen before all others.
    """

    name: str
    title: str
    points: tuple[Point, ...] = ()
    parts: tuple[Part, ...] = ()
    caution: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        """Every paragraph and item in the order of the page, without headings."""
        own = tuple(text for point in self.points for text in (point.text, *point.items))
        return own + tuple(text for part in self.parts for text in part.texts)


def points(*texts: str) -> tuple[Point, ...]:
    """Paragraphs of those texts that are not empty."""
    return tuple(Point(text) for text in texts if text)
