"""Signs of contrast medium: words that people type into names and descriptions, and agents that headers name.

Scanners' descriptions (`gliomanet.cohort.dicom`) and BIDS names and sidecars (`gliomanet.cohort.importers.bids`) are
read by these rules alike.

| sign | rule |
| --- | --- |
| after | `post`, `gd`, `+c`, `t1c`, …, unless `post` is followed by an event such as `op` or `rt` |
| before | `native`; a negation beside a word of contrast (`non contrast`, `ohne KM`, `Gd(-)`); `pre` beside `t1` |
| neither | `with and without contrast`: the name of a whole examination |
"""

from __future__ import annotations

import re
from functools import cache

T1 = r"t1|t1w|t1c|t1n|mp ?rage|spgr|fspgr|bravo|vibe|tfl|tfl3d"
GRADIENT_ECHO = r"gre|ffe|fl[23]d"
_EVENT = (
    r" ?(?:op|surg|rt|radi|irrad|tx|treat|therap|chemo|biops|plan|nav|resect|crani|litt|ablat|gamma|gk|evd|shunt|stroke"
    r"|ictal|seiz|tmz|dexa)"
)
"""Words after a `pre` or `post` that tells of the patient's treatment, not of the medium."""
AFTER = (
    rf"post(?!{_EVENT})|postcontrast|gd|gad|gado|gadolinium|gadavist|gadovist|dotarem|magnevist|prohance|multihance|km|ce"
    r"|\+ ?c|c ?\+|contrast|t1c|enhanced|contrast[eo]|mdc|kontrast(?:mittel)?|gadolinio|inj|injection|injected"
)
_MEDIUM = (
    r"(?:contrast[eo]?|con|gd|gad|gado|gadolinium|gadolinio|km|kontrast|kontrastmittel|mdc|ce|\+ ?c|c|enhanced|inj"
    r"|injection)(?![a-z0-9])"
)
# Words that stand between `t1` and `pre` in names such as "t1_mprage_sag_p2_iso_pre".
_BETWEEN = (
    rf"(?:{T1}|{GRADIENT_ECHO}|ax|axial|sag|sagittal|cor|coronal|tra|transversal|se|tse|fse|tfe|space|cube|[23]d|fs"
    r"|fatsat|iso|hires|highres|p[234])"
)
BEFORE = (
    rf"(?:non|no|without|w/?o|ohne|sans|senza|sin|zonder|pre|before|vor|avant) ?(?:iv )?{_MEDIUM}"
    rf"|nativ|native|t1n|unenhanced"
    rf"|(?:{T1})(?: {_BETWEEN})* pre(?!{_EVENT})(?: ?{_MEDIUM})?|pre (?:{_BETWEEN} )*(?:{T1})"
)
_SIGNED = r"gd|gad|gado|gadolinium|ce|km|contrast|kontrast|mdc"
_OPEN = rf"minus (?:{_SIGNED})"
"""A minus before the medium, which may be a dash between words: a sign of before and of after, for a person to see."""
_BOTH = rf"(?:with|w)[ /]*(?:and )?(?:without|w/?o)(?: (?:iv )?{_MEDIUM})?"
"""The name of a whole examination, "with and without contrast", which says nothing of one series."""

_NO_AGENT = re.compile(
    r"no|non|none\b.*|n|0+(?:[.,]0+)?(?: ?ml)?|nil|null|false|nein|nee|no[ _-].*|without.*|w/?o\b.*|ohne.*|kein.*"
    r"|not? .*|(?:sans|senza|sin|zonder|geen|ingen|inget|aucune?|ning[uú]n[oa]?|nessun[oa]?)\b.*|brak"
    r"|.* (?:no|none|nein)|nativ\w*|plain|pre|pre[ _-]?contrast.*|(?:before|vor|avant|prima|antes) .*|un-?enhanced"
    r"|non-?contrast.*|nc"
)
_NOT_SAID = re.compile(
    r"|n\.?/?a\.?|nan|unk|unkn?own|unspecified|not (?:known|recorded|applicable|available|stated|specified)|-+|\?+|\[\]"
    r"|yes/no|w/?wo"
)

# Parts of the labels of BIDS entities, which may hold no sign between words: `acq-mpragepost`.
_PARTS = (
    *("mp2rage", "mprage", "memprage", "fspgr", "spgr", "bravo", "vibe", "tfl", "tfe", "space", "cube", "vista"),
    *("t1c", "dotarem", "magnevist", "gadavist", "prohance", "multihance", "injection", "injected", "inj", "w", "sans"),
    *("tse", "fse", "se", "gre", "ffe", "ir", "axial", "ax", "sagittal", "sag", "coronal", "cor", "transversal", "tra"),
    *("isotropic", "iso", "3d", "2d", "1mm", "hires", "highres", "t1w", "t1", "fatsat", "fs", "norm", "dis3d", "nd"),
    *("postcontrast", "post", "pre", "contrast", "gadolinium", "gadovist", "gado", "gad", "gd", "enhanced"),
    *("unenhanced", "ce", "km", "con", "non", "no", "without", "with", "wo", "native", "nativ", "op", "surg", "rt"),
)
_PART = re.compile("|".join(sorted(_PARTS, key=len, reverse=True)))


def signs(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Words of a description that mean before, and words that mean after contrast medium.

    Args:
        text: a description by `plain`.

    >>> signs("t1 mprage pre")
    (('t1 mprage pre',), ())
    >>> signs("ax t1 post gd")
    ((), ('post', 'gd'))
    >>> signs("t1 post op without contrast")
    (('without contrast',), ())
    """
    text = remove_words(_BOTH, text)
    before = find_words(BEFORE, text) + find_words(_OPEN, text)
    # The "contrast" of "without contrast" is no sign of it.
    return tuple(before), tuple(find_words(AFTER, remove_words(BEFORE, text)))


def names_an_agent(value: str) -> bool | None:
    """True where the cell of a contrast agent names one, False where it denies one, `None` where it says nothing.

    >>> names_an_agent("Gadovist 8 ml"), names_an_agent("NONE"), names_an_agent("")
    (True, False, None)
    """
    value = value.strip().lower()
    bare = value.strip(" ()[]{}<>-_.")
    if _NOT_SAID.fullmatch(value) or _NOT_SAID.fullmatch(bare):
        return None
    before, after = signs(plain(value))
    return _NO_AGENT.fullmatch(bare) is None and not (before and not after)


def plain(description: str) -> str:
    """Lower case, words parted by single spaces, so that `AxT1+C`, `ax_t1 +c` and `AX T1POST` read alike.

    `*` is the star of T2*; `/` is kept for `w/o`.
    """
    text = re.sub(r"(?<=[a-z])(?=[A-Z][A-Z0-9])", " ", description).lower()
    # Gd(-) and Gd(+) of Japan, KM- and KM+; `Gd-DTPA` and `C-spine` are words with a hyphen.
    text = re.sub(rf"(?<![a-z0-9])({_SIGNED}|c)(?:[ _]?\(-\)|-(?![a-z0-9]))", r" no \1 ", text)
    text = re.sub(r"(?:^|(?<=[ _]))-c(?![a-z0-9-])", " no c ", text)
    text = re.sub(rf"(?:^|(?<=[ _]))- ?({_SIGNED})(?![a-z0-9])", r" minus \1 ", text)
    text = text.replace("*", " star ").replace("+", " + ")
    text = " ".join(re.sub(r"[^a-z0-9+/]+", " ", text).split())
    text = re.sub(r"(?<![a-z0-9])(ax|sag|cor|tra)(?=t[12])", r"\1 ", text)
    glued = r"flair|post|pre|gd|gad|ce(?![a-z])|star|space|[tf]?se(?![a-z])|fs|mp ?rage"
    return re.sub(rf"(t[12]w?)(?={glued})", r"\1 ", text)


def parted(label: str) -> str:
    """The words of an entity's label, in lower case: all of it is known words, or it is left whole.

    >>> parted("mpragePost"), parted("3Dnogd"), parted("siemens")
    ('mprage post', '3d no gd', 'siemens')
    """
    found = _parts(label.lower())
    if found is None:
        found = tuple(part.lower() for part in re.findall(r"\d+[A-Za-z]*|[A-Z]+(?![a-z])|[A-Z]?[a-z]+", label))
    return " ".join(found)


@cache
def _parts(label: str) -> tuple[str, ...] | None:
    if not label:
        return ()
    for end in range(len(label), 0, -1):
        known = _PART.fullmatch(label[:end]) or (label[:end].isdigit() and not label[end : end + 1].isdigit())
        if known and (rest := _parts(label[end:])) is not None:
            return (label[:end], *rest)
    return None


def find_words(pattern: str, text: str) -> list[str]:
    """The whole words of a text by `plain` that match a pattern."""
    return [match[0] for match in _whole(pattern).finditer(text)]


def remove_words(pattern: str, text: str) -> str:
    """The text without those words."""
    return _whole(pattern).sub("", text)


@cache
def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9])(?:{pattern})(?![a-z0-9])")
