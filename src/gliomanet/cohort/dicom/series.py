"""Rules that tell an MRI series' modality from its own header, without reading a file.

A series is judged by two witnesses that must not contradict each other: the words that people typed into its
description and protocol name, and its timing (echo, repetition and inversion time).

| step | rule |
| --- | --- |
| no image of MR | modality CT, PT, …; a secondary capture |
| not an image of the modalities | a word or an image type of `OTHER_KINDS`; echo-planar readout; more than one volume |
| not the whole head | fewer than `FEWEST_SLICES` slices, or less than `LEAST_COVERAGE_MM` along any side |
| not whole | slices are missing between the others |
| timing says FLAIR | echo ≥ 60 ms, and inversion ≥ 1.2 s or (inversion recovery of unknown time, repetition ≥ 4 s) |
| timing says T2 | echo ≥ 60 ms, repetition ≥ 1.5 s, no inversion |
| timing says T1 | gradient echo: echo ≤ 12 ms; else echo ≤ 35 ms, repetition ≤ 1.5 s (≤ 3.5 s with inversion) |
| words say FLAIR | `flair`, `dark fluid`, `tirm`, unless `t1` (a T1 FLAIR is T1-weighted) |
| words say T1, T2 | `t1`, `mprage`, `spgr`, `bravo`, … ; `t2` |
| both speak | T1 against T2 or FLAIR: not used; T2 against FLAIR: FLAIR (it is both) |
| never | T2 or FLAIR in words with a shorter echo (proton density); a gradient echo that is not T1 (T2*) |
| T1 with medium | a word that says so (`cohort/contrast_medium.py`), or the header's agent; not where nothing says so |
| T1 without | a word that says so, or no sign: `dicom/choice.py` says which of several |
| both of these | not used |

The limits are those of routine brain protocols at 1.5 and 3 T (T1: TE < 30 ms, TR < 1 s spin echo; T2: TE 80-120 ms,
TR > 2 s; FLAIR: TI 1.6-2.8 s; Ellingson et al., Neuro-Oncology 17:1188 (2015), 10.1093/neuonc/nov095), widened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gliomanet.cohort.contrast_medium import AFTER, BEFORE, GRADIENT_ECHO, T1, find_words, plain, signs

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
_T2 = r"t2|t2w|frfse"


Medium = Literal["", "before", "after", "agent"]


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
        scanner: the DICOM modality: MR, CT, PT, …; "" where the header does not say.
        screenshot: the files are secondary captures.
        missing_slices: slices that the positions of the others leave room for.
        time: seconds of the day at which its acquisition began; `None` where the header does not say.
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
    scanner: str = "MR"
    screenshot: bool = False
    missing_slices: int = 0
    time: float | None = None


@dataclass(frozen=True)
class Judgement:
    """The modality that a series was taken for.

    Attributes:
        modality: `t1`, `t1c`, `t2` or `flair`; "" where it is none of them.
        words: words of the description that were understood; the description itself may hold names, and is not kept.
        why: the reason, one phrase.
        medium: of a T1, the sign of contrast medium: words that say before or after it, or the header's agent alone.
    """

    modality: str
    words: tuple[str, ...]
    why: str
    medium: Medium = ""


def judge(series: Series) -> Judgement:
    """The modality of a series by the rules of this file's docstring."""
    text = plain(series.description)
    found = [word for pattern in (_FLAIR, T1, _T2, AFTER, BEFORE) for word in find_words(pattern, text)]
    kinds = [(kind, word) for kind, pattern in OTHER_KINDS.items() for word in find_words(pattern, text)]
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
    if spoken != "t1" and ("GR" in series.scanning_sequence or find_words(GRADIENT_ECHO, text)) and timed != "t1":
        return Judgement("", words, f"gradient echo of another weighting than T1 ({times})")
    weighting = "flair" if "flair" in (spoken, timed) else spoken or timed
    why = " and ".join(
        witness for witness, says in ((f"description: {spoken}", spoken), (f"timing ({times}): {timed}", timed)) if says
    )
    if weighting != "t1":
        return Judgement(weighting, words, why)
    modality, medium, reason = _enhanced(series, text)
    return Judgement(modality, words, f"{why}; {reason}" if modality else reason, medium)


def best_first(candidates: Sequence[Series]) -> list[Series]:
    """Series of the same modality, the one to use first: by `quality`, of equals the later, repeated for a reason."""
    return sorted(candidates, key=lambda series: (quality(series), -series.number))


def quality(series: Series) -> tuple[bool, float, bool, float]:
    """Place of a series among others of its modality, the best first.

    Acquired images before reformatted ones, then the ones whose longest voxel edge is shortest (to 0.1 mm), then
    volumes before stacks of slices, then the smaller voxel.
    """
    x, y, z = series.voxel_mm
    return is_derived(series), round(max(x, y, z), 1), not series.three_dimensional, round(x * y * z, 3)


def is_derived(series: Series) -> bool:
    """True for an image that was made of acquired ones."""
    return bool({"DERIVED", "MPR", "REFORMATTED"} & {value.upper() for value in series.image_type})


def _why_not(series: Series, kinds: Sequence[tuple[str, str]]) -> str:
    """The reason that a series is no image of the four modalities of a whole head; "" where it may be one."""
    if series.scanner not in ("MR", ""):
        return f"no MR image: its modality is {series.scanner}"
    if series.screenshot:
        return "no image (secondary capture)"
    for value in series.image_type:
        if kind := OTHER_IMAGE_TYPES.get(value.upper()):
            return f"{kind} (image type {value})"
    if kinds:
        return f"{kinds[0][0]} (word {kinds[0][1]!r})"
    if "EP" in series.scanning_sequence:
        return "echo-planar: diffusion, perfusion or function"
    if len(series.shape) > 3:
        return f"{series.shape[3]} volumes: diffusion, perfusion or function"
    if series.missing_slices:
        return slices_missing(series)
    if series.shape[2] < FEWEST_SLICES:
        return f"{series.shape[2]} slices; a head needs {FEWEST_SLICES}"
    covered = min(count * size for count, size in zip(series.shape, series.voxel_mm, strict=True))
    if covered < LEAST_COVERAGE_MM:
        return f"covers {covered:.0f} mm of the head; {LEAST_COVERAGE_MM:.0f} mm along every side are needed"
    return ""


def slices_missing(series: Series) -> str:
    """The reason against a series that is not whole."""
    missing = "1 slice is" if series.missing_slices == 1 else f"{series.missing_slices} slices are"
    return f"{missing} missing between the others"


def _by_words(text: str) -> str:
    t1, t2 = find_words(T1, text), find_words(_T2, text)
    if find_words(_FLAIR, text):
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


def _enhanced(series: Series, text: str) -> tuple[str, Medium, str]:
    """`t1`, `t1c`, or "" where the signs contradict each other; the sign; and why."""
    before, after = signs(text)
    if before and (after or series.contrast_agent):
        other = f"word {after[0]!r}" if after else "the header names an agent"
        why = f"the description says before contrast medium (word {before[0]!r}), but also after it ({other})"
        return "", "", why
    if before:
        return "t1", "before", f"before contrast medium (word {before[0]!r})"
    if after:
        return "t1c", "after", f"after contrast medium (word {after[0]!r})"
    if series.contrast_agent:
        return "t1c", "agent", "after contrast medium (the header names an agent)"
    return "t1", "", "no sign of contrast medium"


def _times(series: Series) -> str:
    times = (("TE", series.echo_time), ("TR", series.repetition_time), ("TI", series.inversion_time))
    return ", ".join(f"{name} {1000 * time:.0f} ms" for name, time in times if time) or "none given"
