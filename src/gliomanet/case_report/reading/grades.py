"""Grades of WHO: grade 4, grade IV, grades 2 and 3, 4级, 四级, Ⅳ级."""

from __future__ import annotations

import re

from gliomanet.case_report.fact import Language

_GRADES = {
    "1": 1,
    "2": 2,
    "3": 3,
    "4": 4,
    "i": 1,
    "ii": 2,
    "iii": 3,
    "iv": 4,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "一": 1,
    "二": 2,
    "三": 3,
    "四": 4,
}
_ENGLISH = r"(?:[1-4](?![\d.,]*\d)|iv|i{1,3}|one|two|three|four)(?![a-z0-9])"
_CHINESE = r"(?:[1-4]|iv|i{1,3}|[一二三四])"
_JOINT = r"\s*(?:,\s*(?:and|or)?|/|-|\u2013|and|or|to|、|或|和|及|至|到|与)\s*"
_PATTERNS: dict[Language, tuple[re.Pattern[str], ...]] = {
    "en": (re.compile(rf"(?<![a-z0-9-])grades?[\s-]+(?P<list>{_ENGLISH}(?:{_JOINT}{_ENGLISH})*)", re.I),),
    "zh": (
        re.compile(rf"(?<![\d.])(?P<list>{_CHINESE}级?(?:{_JOINT}{_CHINESE}级?)*)(?<=级)(?!别)", re.I),
        re.compile(rf"(?<![\d.])(?P<list>{_CHINESE}(?:{_JOINT}{_CHINESE})*)\s*级(?!别)", re.I),
        re.compile(rf"级别?[为是:]?\s*(?P<list>{_CHINESE})(?![\d.级])", re.I),
    ),
}
_ITEM = re.compile(rf"{_ENGLISH}|{_CHINESE}", re.I)


def read_grades(text: str, start: int, language: Language) -> tuple[tuple[int, ...], int] | None:
    """The grades that are named at a place of the text, and the end of their naming; None: none is."""
    for pattern in _PATTERNS[language]:
        found = pattern.match(text, start)
        if found is not None:
            return tuple(_GRADES[item.lower()] for item in _ITEM.findall(found["list"])), found.end()
    return None
