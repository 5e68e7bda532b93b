"""Words: those of the original, their synonyms, and words that claim nothing. Any other word could claim anything."""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.case_report.reading.lexicon import Lexicon, lexicon
from gliomanet.case_report.reading.sentence import WORD, Read, Token
from gliomanet.case_report.validate.finding import Pair

LEAST_KEPT = 0.6
"""Of the original's words that say something: a draft that drops more tells less than the original."""


def check_vocabulary(pair: Pair) -> Iterator[tuple[str, str]]:
    """A word that is neither the original's nor without a claim; and more words left out than a paraphrase does."""
    words = lexicon(pair.language)
    source, told = _stems(pair.source, words), _stems(pair.told, words)
    for word, stem in told.items():
        if stem not in source.values() and not _in_pieces(word, pair.source.text):
            yield "unknown_word", f"the word {word!r} is not in the original"
    needed = set(source.values())
    kept = {stem for stem in needed if stem in told.values()}
    kept |= {stem for stem in needed - kept if not stem.isascii() and stem in pair.told.text}
    if needed and len(kept) < LEAST_KEPT * len(needed):
        missing = ", ".join(sorted(needed - kept))
        yield "words_left_out", f"too much of the original is missing: {missing}"


def _stems(read: Read, words: Lexicon) -> dict[str, str]:
    """Word → how it is compared, of words that may not come and go."""
    return {
        word: words.stem(word)
        for word in _words(read.tokens, words)
        if word not in words.free and words.stem(word) not in words.free
    }


def _words(tokens: tuple[Token, ...], words: Lexicon) -> Iterator[str]:
    """The words; Chinese characters that stand together and are no known word are one."""
    run, end = "", -1
    for token in tokens:
        single = token.kind == WORD and len(token.value) == 1 and not token.value.isascii()
        single = single and token.value not in words.free
        if run and (not single or token.start != end):
            yield run
            run = ""
        if single:
            run, end = run + token.value, token.end
        elif token.kind == WORD:
            yield token.value
    if run:
        yield run


def _in_pieces(word: str, source: str) -> bool:
    """True of Chinese that is made of pieces of the original of two characters and more."""
    if word.isascii():
        return False
    place = 0
    while place < len(word):
        end = next((end for end in range(len(word), place + 1, -1) if word[place:end] in source), None)
        if end is None:
            return False
        place = end
    return True
