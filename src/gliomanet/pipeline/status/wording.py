"""Words for the parameters of rules: one entry a name, and what a change of it is called.

A rule's parameter that is not named here is told by its name and its values. A test asks for an entry of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gliomanet.modalities import MODALITIES
from gliomanet.pipeline.status.differences import ABSENT, Difference

SHOWN = 3
"""More differences, files or names than so many are counted."""

LONGEST = 48
"""Characters of a value that are shown."""


@dataclass(frozen=True)
class Words:
    """Words for one parameter.

    Attributes:
        noun: what it is, in the field's words.
        tells: `values`: which key changed, from what to what; `named`: the same, with the noun before the key;
            `files`: keys name files, of which digests are kept; `that`: only that it changed, since its value says
            nothing to a person.
    """

    noun: str
    tells: Literal["values", "named", "files", "that"] = "values"


PARAMETERS: dict[str, Words] = {
    "acceleration": Words("how a training computes", "that"),
    "bin_widths": Words("bin width", "named"),
    "cache": Words("folder of training images", "that"),
    "center": Words("centre"),
    "centers": Words("simulated centre", "named"),
    "checkpoints": Words("folder of checkpoints", "that"),
    "code": Words("code of this step", "that"),
    "codes": Words("code of the jobs", "that"),
    "columns": Words("columns that are read"),
    "compared": Words("what the audit compares by"),
    "content": Words("case table", "that"),
    "contents": Words("file", "files"),
    "data_root": Words("folder of the data"),
    "decisions": Words("decision on", "named"),
    "decoded": Words("WHO decoding"),
    "evaluation_seed": Words("seed of the resamples", "that"),
    "excluded": Words("cases that a person excluded"),
    "experiment": Words("experiment of MLflow"),
    "features": Words("imported features", "that"),
    "files": Words("path of the file", "files"),
    "fits": Words("fits that are tracked", "that"),
    "flips": Words("mirror images"),
    "followed": Words("centres that tell of survival"),
    "folder": Words("folder", "that"),
    "folds": Words("folds"),
    "guidelines": Words("reporting guidelines", "that"),
    "hidden_centers": Words("centres whose labels are hidden in part"),
    "judged": Words("folds that judge a teacher"),
    "inputs": Words("inputs of the model"),
    "kind": Words("kind of model"),
    "labels": Words("label", "named"),
    "level": Words("prediction.set_level"),
    "mask_codes": Words("codes of the tumour mask", "named"),
    "members": Words("trained models that it uses", "that"),
    "min_component_fraction": Words("prediction.min_component_fraction"),
    "min_success_fraction": Words("min_success_fraction"),
    "modalities": Words("modalities of", "named"),
    "model": Words("model"),
    "name": Words("name", "that"),
    "passes": Words("prediction.passes"),
    "regions": Words("region", "named"),
    "preprocessed": Words("folder of preprocessed images", "that"),
    "ratios": Words("radiomics.ratios"),
    "reading": Words("how the case table is read", "that"),
    "results": Words("results folder"),
    "review": Words("quality.review"),
    "round": Words("round of pseudo-labels"),
    "scenario": Words("scenario"),
    "scenarios": Words("scenarios", "that"),
    "seed": Words("seed", "that"),
    "sent": Words("what a hospital sent", "that"),
    "settings": Words("settings"),
    "shuffled": Words("labels dealt anew"),
    "source": Words("simulated patients"),
    "share": Words("share of the mean |SHAP|"),
    "stage": Words("stage"),
    "stages": Words("stage of the member", "named"),
    "study": Words("study"),
    "tasks": Words("task", "named"),
    "teachers": Words("teachers", "that"),
    "templates": Words("templates of the pages", "that"),
    "uri": Words("tracking_uri"),
}


def change_of(name: str, differences: Sequence[Difference]) -> str:
    """A changed parameter in words.

    >>> change_of("model", [Difference(("learning_rate",), 0.001, 0.002)])
    'learning_rate 0.001 → 0.002'
    >>> change_of("contents", [Difference(("t1c",), "ab", "cd"), Difference(("flair",), ABSENT, "ef")])
    'T1c replaced, FLAIR added'
    >>> change_of("code", [Difference((), "3eef37512673aeb8", "90d4f1aa6e51b2c3")])
    'code of this step changed'
    """
    words = PARAMETERS.get(name, Words(f"parameter {name}" if name else "a parameter"))
    if words.tells == "that":
        return f"{words.noun} changed"
    if words.tells == "files":
        return _files(words.noun, differences)
    before = f"{words.noun} " if words.tells == "named" else ""
    return counted(
        [_value(f"{before}{'.'.join(one.keys)}".strip() or words.noun, one) for one in differences], "changes"
    )


def noun_of(name: str) -> str:
    """A changed parameter in words, without the values."""
    return f"{PARAMETERS[name].noun if name in PARAMETERS else f'parameter {name}' if name else 'a parameter'} changed"


def counted(parts: Iterable[str], unit: str) -> str:
    """Some parts one after the other, and how many more there are.

    >>> counted(["a", "b", "c", "d", "e"], "changes")
    'a; b; c and 2 more changes'
    """
    every = list(dict.fromkeys(parts))
    shown = "; ".join(every[:SHOWN])
    return shown if len(every) <= SHOWN else f"{shown} and {len(every) - SHOWN} more {unit}"


def joined(names: Sequence[str]) -> str:
    """Names as a sentence has them.

    >>> joined(["A", "B", "X"])
    'A, B and X'
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


FILE_NAMES: Mapping[str, str] = {
    **{name: name.upper() for name in MODALITIES},
    "t1c": "T1c",
    "tumour_mask": "tumour mask",
    "brain_mask": "brain mask",
}


def _files(noun: str, differences: Sequence[Difference]) -> str:
    """Files that were replaced, added and taken away, by the column that names them."""
    verbs: dict[str, list[str]] = {"replaced": [], "added": [], "taken away": []}
    for one in differences:
        name = FILE_NAMES.get(one.keys[-1], one.keys[-1]) if one.keys else noun
        name = f"the path of {name}" if noun.startswith("path") and one.keys else name
        verb = "added" if one.old in (ABSENT, "") else "taken away" if one.new in (ABSENT, "") else "replaced"
        if name not in verbs[verb]:
            verbs[verb].append(name)
    # Whole cases come and go as mappings of their own.
    return ", ".join(f"{_few(names)} {verb}" for verb, names in verbs.items() if names)


def _few(names: Sequence[str]) -> str:
    return joined(names) if len(names) <= SHOWN else f"{', '.join(names[:SHOWN])} and {len(names) - SHOWN} more"


def _value(where: str, one: Difference) -> str:
    if one.old is ABSENT or one.new is ABSENT:
        verb, value = ("added", one.new) if one.old is ABSENT else ("taken away", one.old)
        told = "" if isinstance(value, Mapping) or not one.keys else f" ({_text(value)})"
        return f"{where} {verb}{told}"
    if isinstance(one.old, list | tuple) and isinstance(one.new, list | tuple):
        more, less = [v for v in one.new if v not in one.old], [v for v in one.old if v not in one.new]
        sides = ((more, "added"), (less, "taken away"))
        lists = [f"{_few([_text(value) for value in values])} {verb}" for values, verb in sides if values]
        return f"{where}: {', '.join(lists) or 'another order'}"
    return f"{where} {_text(one.old)} → {_text(one.new)}"


def _text(value: object) -> str:
    """A value as a study's file has it, shortened."""
    if value is None:
        return "none"
    text = value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
