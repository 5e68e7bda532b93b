"""The language of a draft, by its script and, in English, by the share of the commonest words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gliomanet.case_report.reading.lexicon import lexicon
from gliomanet.case_report.validate.finding import Pair

LEAST_SHARE_OF_ORIGINAL = 0.6
"""Chinese characters among letters, over the same share of the original: IDH and FLAIR are Latin in both."""

ENOUGH_WORDS = 8
LEAST_COMMON = 0.1


def check_language(pair: Pair) -> Iterator[tuple[str, str]]:
    """Chinese in an English report, and the other way round; another language in Latin letters."""
    share, was = _chinese_share(pair.draft.text), _chinese_share(pair.original.text)
    if pair.language == "en":
        if share > was:
            yield "wrong_language", "Chinese characters in an English report"
        words = re.findall(r"[a-z]+", pair.draft.text.lower())
        common = sum(word in lexicon("en").free for word in words)
        if len(words) >= ENOUGH_WORDS and common < LEAST_COMMON * len(words) and common < _common(pair.original.text):
            yield "wrong_language", "hardly any common English word"
    elif share < LEAST_SHARE_OF_ORIGINAL * was:
        yield "wrong_language", "Latin letters in place of Chinese"


def _common(text: str) -> int:
    return sum(word in lexicon("en").free for word in re.findall(r"[a-z]+", text.lower()))


def _chinese_share(text: str) -> float:
    chinese = len(re.findall("[\u4e00-\u9fff]", text))
    letters = chinese + len(re.findall("[A-Za-z]", text))
    return chinese / letters if letters else 0.0
