"""Rules that tell an MRI series' modality from its own header, without reading a file.

A series is judged by two witnesses that must not contradict each other: the words that people typed into its
description and protocol name, and its timing (echo, repetition and inversion time).

| step | rule |
| --- | --- |
| not an image of the modalities | a word or an image type of `OTHER_KINDS`; echo-planar readout; more than one volume |
| not the whole head | fewer than `FEWEST_SLICES` slices, or less than `LEAST_COVERAGE_MM` along any side |
| timing says FLAIR | echo ≥ 60 ms, and inversion ≥ 1.2 s or (inversion recovery of unknown time, repetition ≥ 4 s) |
| timing says T2 | echo ≥ 60 ms, repetition ≥ 1.5 s, no inversion |
| timing says T1 | gradient echo: echo ≤ 12 ms; else echo ≤ 35 ms, repetition ≤ 1.5 s (≤ 3.5 s with inversion) |
| words say FLAIR | `flair`, `dark fluid`, `tirm`, unless `t1` (a T1 FLAIR is T1-weighted) |
| words say T1, T2 | `t1`, `mprage`, `spgr`, `bravo`, … ; `t2` |
| both speak | T1 against T2 or FLAIR: not used; T2 against FLAIR: FLAIR (it is both) |
| never | T2 or FLAIR in words with a shorter echo (proton density); a gradient echo that is not T1 (T2*) |
| T1 with medium | `post`, `gd`, `+c`, `t1c`, …, or the header's agent; not where nothing says so |
| T1 without | `native`; a negation beside a word of contrast (`non contrast`, `ohne KM`); `pre` beside `t1` |
| both of these | not used |

The limits are those of routine brain protocols at 1.5 and 3 T (T1: TE < 30 ms, TR < 1 s spin echo; T2: TE 80-120 ms,
TR > 2 s; FLAIR: TI 1.6-2.8 s; Ellingson et al., Neuro-Oncology 17:1188 (2015), 10.1093/neuonc/nov095), widened.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

FEWEST_SLICES = 12
LEAST_COVERAGE_MM = 100.0
LONG_ECHO = 0.06
"""Seconds. T2 and FLAIR have longer echoes, T1 and proton density shorter ones."""

OTHER_KINDS: dict[str, str] = {
    "localiser": r"loc|locali[sz]er|scout|survey|3 ?plane|smartbrain|aahead|localizer",
    "calibration": r"cal|calib|calibration|asset|ref|shim|b0|b1|field ?map|fieldmap|noise",
    "diffusion": r"dwi\w*|dti|diff|diffusion|\w*adc|\w*tracew?|fa|colfa|b1000|ep2d|tensor|resolve|dki|noddi",
    "perfusion": r"perf|perfusion|dsc|dce|asl|pcasl|pasl|cbv|cbf|mtt|ttp|tmax|rbv|rcbv|pwi|pbp|gbp|twist|ktrans",
    "function": r"bold|fmri|rest|resting",
    "susceptibility": r"swi|swan|t2 ?star|t2 ?fl2d|hemo|haemo|mip|minip|pha|phase|mag|venobold|medic",
    "vessels": r"tof|mra|mrv|angio|pc3d|venogram",
    "spectroscopy": r"mrs|csi|press|svs|spectro|spectroscopy",
    "subtraction or map": r"sub|subtraction|subtracted|map|maps|t1 ?map|t2 ?map|relaxometry|synthetic",
    "another weighting": r"proton|dir|stir|ciss|fiesta|psir",
    "another part of the body": r"spine|cervical|lumbar|thoracic|neck|orbits?|pituitary|iac",
    "no image": r"screen ?save|report|key ?images|presentation|secondary capture",
}
"""Kind → words (whole ones) of a description that mean it."""

OTHER_IMAGE_TYPES: dict[str, str] = {
    **dict.fromkeys(("LOCALIZER",), "localiser"),
    **dict.fromkeys(("DIFFUSION", "ADC", "FA", "TRACEW", "TENSOR", "EADC", "TTEST"), "diffusion"),
    **dict.fromkeys(("PERFUSION", "CBV", "RELCBV", "CBF", "RELCBF", "MTT", "RELMTT", "TTP", "ASL"), "perfusion"),
    **dict.fromkeys(("PHASE", "P", "REAL", "IMAGINARY", "MNIP", "MINIP", "MIN IP"), "susceptibility"),
    **dict.fromkeys(("SUBTRACTION", "SUB", "T1 MAP", "T2 MAP", "T1_MAP", "T2_MAP"), "subtraction or map"),
    **dict.fromkeys(("PROJECTION IMAGE", "MIP", "MAX IP", "MAX_IP"), "vessels"),
    **dict.fromkeys(("SPECTROSCOPY",), "spectroscopy"),
    **dict.fromkeys(("SCREEN SAVE", "SCREENSHOT", "CSA REPORT"), "no image"),
}
"""Value of the image type → the kind it means."""

_FLAIR = r"t2 ?flair|flair|dark ?fluid|tirm|t2f"
_T1 = r"t1|t1w|t1c|t1n|mp ?rage|spgr|fspgr|bravo|vibe|tfl|tfl3d"
_T2 = r"t2|t2w|frfse"
_GRADIENT_ECHO = r"gre|ffe|fl[23]d"
_EVENT = r" ?(?:op|surg|rt|radi|irrad|tx|treat|therap|chemo|biops|plan|nav)"
"""Words after a `pre` or `post` that tells of the patient's treatment, not of the medium."""
_POST = (
    rf"post(?!{_EVENT})|postcontrast|gd|gad|gado|gadolinium|gadavist|gadovist|dotarem|magnevist|prohance|multihance|km|ce"
    r"|\+ ?c|c ?\+|contrast|t1c|enhanced"
)
_MEDIUM = r"(?:contrast|con|gd|gad|gado|gadolinium|km|kontrast|kontrastmittel|ce|\+ ?c|c|enhanced)(?![a-z0-9])"
# Words that stand between `t1` and `pre` in names such as "t1_mprage_sag_p2_iso_pre".
_BETWEEN = (
    rf"(?:{_T1}|{_GRADIENT_ECHO}|ax|axial|sag|sagittal|cor|coronal|tra|transversal|se|tse|fse|tfe|[23]d|fs|fatsat|iso"
    r"|p[234])"
)
_PRE = (
    rf"(?:non|no|without|w/?o|ohne|pre|vor) ?(?:iv )?{_MEDIUM}|nativ|native|t1n|unenhanced"
    rf"|(?:{_T1})(?: {_BETWEEN})* pre(?!{_EVENT})(?: ?{_MEDIUM})?|pre (?:{_BETWEEN} )*(?:{_T1})"
)
_BOTH = rf"(?:with|w)[ /]*(?:and )?(?:without|w/?o)(?: (?:iv )?{_MEDIUM})?"
"""The name of a whole examination, "with and without contrast", which says nothing of one series."""


@dataclass(frozen=True)
class Series:
    """Facts of one converted series.

    Attributes:
        number: series number of the scanner.
        description: series description and protocol name, as typed.
        image_type: values of the image type.
        scanning_sequence: codes of the scanning sequence (SE, GR, IR, EP).
        echo_time, repetition_time, inversion_time: seconds; `None` where not given.
        three_dimensional: it was acquired as a volume.
        contrast_agent: the header names a contrast agent.
        shape: voxels (x, y, z, …); more than three axes for several volumes.
        voxel_mm: voxel size (x, y, z) in mm; the slices are the last axis.
    """

    number: int
    description: str
    image_type: tuple[str, ...]
    scanning_sequence: tuple[str, ...]
    echo_time: float | None
    repetition_time: float | None
    inversion_time: float | None
    three_dimensional: bool
    contrast_agent: bool
    shape: tuple[int, ...]
    voxel_mm: tuple[float, float, float]


@dataclass(frozen=True)
class Judgement:
    """The modality that a series was taken for.

    Attributes:
        modality: `t1`, `t1c`, `t2` or `flair`; "" where it is none of them.
        words: words of the description that were understood; the description itself may hold names, and is not kept.
        why: the reason, one phrase.
    """

    modality: str
    words: tuple[str, ...]
    why: str


def judge(series: Series) -> Judgement:
    """The modality of a series by the rules of this file's docstring."""
    text = _plain(series.description)
    found = [word for pattern in (_FLAIR, _T1, _T2, _POST, _PRE) for word in _words(pattern, text)]
    kinds = [(kind, word) for kind, pattern in OTHER_KINDS.items() for word in _words(pattern, text)]
    words = tuple(dict.fromkeys([*found, *(word for _, word in kinds)]))
    if reason := _why_not(series, kinds):
        return Judgement("", words, reason)
    spoken, timed = _by_words(text), _by_timing(series)
    times = _times(series)
    if not spoken and not timed:
        return Judgement("", words, f"neither the description nor the timing ({times}) says T1, T2 or FLAIR")
    if "t1" in (spoken, timed) and spoken and timed and spoken != timed:
        return Judgement("", words, f"the description says {spoken}, the timing ({times}) says {timed}")
    if spoken in ("t2", "flair") and series.echo_time and series.echo_time < LONG_ECHO:
        return Judgement("", words, f"the description says {spoken}, but the echo is short ({times})")
    if spoken != "t1" and ("GR" in series.scanning_sequence or _words(_GRADIENT_ECHO, text)) and timed != "t1":
        return Judgement("", words, f"gradient echo of another weighting than T1 ({times})")
    weighting = "flair" if "flair" in (spoken, timed) else spoken or timed
    why = " and ".join(
        witness for witness, says in ((f"description: {spoken}", spoken), (f"timing ({times}): {timed}", timed)) if says
    )
    if weighting != "t1":
        return Judgement(weighting, words, why)
    modality, reason = _enhanced(series, text)
    return Judgement(modality, words, f"{why}; {reason}" if modality else reason)


def best_first(candidates: Sequence[Series]) -> list[Series]:
    """Series of the same modality, the one to use first.

    Acquired images before reformatted ones, then the ones whose longest voxel edge is shortest (to 0.1 mm), then
    volumes before stacks of slices, then the smaller voxel, then the later one, which was repeated for a reason.
    """

    def rank(series: Series) -> tuple[bool, float, bool, float, int]:
        x, y, z = series.voxel_mm
        longest = round(max(x, y, z), 1)
        return _derived(series), longest, not series.three_dimensional, round(x * y * z, 3), -series.number

    return sorted(candidates, key=rank)


def _why_not(series: Series, kinds: Sequence[tuple[str, str]]) -> str:
    """The reason that a series is no image of the four modalities of a whole head; "" where it may be one."""
    for value in series.image_type:
        if kind := OTHER_IMAGE_TYPES.get(value.upper()):
            return f"{kind} (image type {value})"
    if kinds:
        return f"{kinds[0][0]} (word {kinds[0][1]!r})"
    if "EP" in series.scanning_sequence:
        return "echo-planar: diffusion, perfusion or function"
    if len(series.shape) > 3:
        return f"{series.shape[3]} volumes: diffusion, perfusion or function"
    if series.shape[2] < FEWEST_SLICES:
        return f"{series.shape[2]} slices; a head needs {FEWEST_SLICES}"
    covered = min(count * size for count, size in zip(series.shape, series.voxel_mm, strict=True))
    if covered < LEAST_COVERAGE_MM:
        return f"covers {covered:.0f} mm of the head; {LEAST_COVERAGE_MM:.0f} mm along every side are needed"
    return ""


def _by_words(text: str) -> str:
    t1, t2 = _words(_T1, text), _words(_T2, text)
    if _words(_FLAIR, text):
        return "t1" if t1 else "flair"
    if bool(t1) == bool(t2):
        return ""
    return "t1" if t1 else "t2"


def _by_timing(series: Series) -> str:
    echo, repetition, inversion = series.echo_time, series.repetition_time, series.inversion_time
    if echo is None or repetition is None:
        return ""
    recovers = "IR" in series.scanning_sequence or bool(inversion)
    if echo >= LONG_ECHO:
        if (inversion or 0) >= 1.2 or (recovers and not inversion and repetition >= 4):
            return "flair"
        return "t2" if repetition >= 1.5 and not recovers else ""
    if "GR" in series.scanning_sequence:
        return "t1" if echo <= 0.012 else ""
    return "t1" if echo <= 0.035 and repetition <= (3.5 if recovers else 1.5) else ""


def _enhanced(series: Series, text: str) -> tuple[str, str]:
    """`t1`, `t1c`, or "" where the signs contradict each other; and why."""
    text = _without(_BOTH, text)
    pre = _words(_PRE, text)
    post = _words(_POST, _without(_PRE, text))  # the "contrast" of "without contrast" is no sign of it
    after = f"word {post[0]!r}" if post else "the header names an agent" if series.contrast_agent else ""
    if pre and after:
        return "", f"the description says before contrast medium (word {pre[0]!r}), but also after it ({after})"
    if pre:
        return "t1", f"before contrast medium (word {pre[0]!r})"
    return ("t1c", f"after contrast medium ({after})") if after else ("t1", "no sign of contrast medium")


def _derived(series: Series) -> bool:
    return bool({"DERIVED", "MPR", "REFORMATTED"} & {value.upper() for value in series.image_type})


def _times(series: Series) -> str:
    times = (("TE", series.echo_time), ("TR", series.repetition_time), ("TI", series.inversion_time))
    return ", ".join(f"{name} {1000 * time:.0f} ms" for name, time in times if time) or "none given"


def _plain(description: str) -> str:
    """Lower case, words parted by single spaces, so that `AxT1+C`, `ax_t1 +c` and `AX T1POST` read alike.

    `*` is the star of T2*; `/` is kept for `w/o`.
    """
    text = re.sub(r"(?<=[a-z])(?=[A-Z][A-Z0-9])", " ", description).lower()
    text = text.replace("*", " star ").replace("+", " + ")
    text = " ".join(re.sub(r"[^a-z0-9+/]+", " ", text).split())
    text = re.sub(r"(?<![a-z0-9])(ax|sag|cor|tra)(?=t[12])", r"\1 ", text)
    glued = r"flair|post|pre|gd|gad|ce(?![a-z])|star|space|[tf]?se(?![a-z])|fs|mp ?rage"
    return re.sub(rf"(t[12]w?)(?={glued})", r"\1 ", text)


def _words(pattern: str, text: str) -> list[str]:
    return [match[0] for match in _whole(pattern).finditer(text)]


def _without(pattern: str, text: str) -> str:
    return _whole(pattern).sub("", text)


def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9])(?:{pattern})(?![a-z0-9])")
