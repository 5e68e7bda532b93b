"""The model card of a bundle: what it is for, what it was trained and tested on, and what it does not know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd
import yaml

from gliomanet import __version__
from gliomanet.bundle.description import BundleDescription, NeverSeen
from gliomanet.patient.compose import unseen
from gliomanet.patient.result import notice, simulated
from gliomanet.release.chosen import Chosen
from gliomanet.release.external import external_metrics

NO_REFERENCE = " The study names no reference model, so that nothing says what age alone would do."

TEXT = """\
---
license: apache-2.0
library_name: gliomanet
tags: [{tags}]
metrics: [matthews_correlation, roc_auc]
{index}---

# {title}: {model}

**{notice}**
{simulated}
## What it answers

{tasks}

Model: {model} ({kind}), scenario {scenario}, stage {stage}; it takes {takes}.

## Not for

Diagnosis, choice of treatment, prognosis, children, follow-up after surgery, other organs, images that are no MRI. It
never says that there is no tumour.

## Data

| centre | source | part | cases |
|---|---|---|---|
{centers}

## How good it is in centres that it has not seen

{metrics}

## Limits

{never_seen}
- Prediction sets hold the truth as often as promised among patients like those of the training centres only.
- Its probabilities were scaled on validation cases of the training centres.

## What is in the bundle

Weights as safetensors, all else as JSON and plain arrays: opening it executes nothing. `bundle.json` names every file
with its SHA-256; `sbom.json` lists the packages that made it; `gliomanet bundle check` verifies it and predicts its
example again. No case of the study is in it, but groups of patients as quantiles (none of fewer than 5) and, for
prediction sets, probabilities of validation cases without ids.

Made by gliomanet {version}. Licence of the code: Apache-2.0 (`LICENSE`). The licences of the data that it was trained
on are those of their owners, and may forbid to pass it on.
"""


def model_card(chosen: Chosen, description: BundleDescription) -> str:
    """The card as Markdown, with the front matter that Hugging Face reads."""
    phantoms = bool(description.simulated)
    return TEXT.format(
        tags="glioma, mri, research-use-only" + (", simulated-patients" if phantoms else ""),
        index=_model_index(chosen, description),
        title=description.title,
        model=description.model,
        notice=notice().text,
        simulated=f"\n**{simulated().text}**\n" if phantoms else "",
        tasks=_list(f"{name}: {' / '.join(task.class_names)}" for name, task in description.tasks.items()),
        kind=description.answers.kind,
        scenario=description.scenario,
        stage=description.answers.stage,
        takes=", ".join(description.answers.takes),
        centers="\n".join(
            f"| {name} | {one.source} | {one.part} | {one.cases} |" for name, one in description.centers.items()
        ),
        metrics="\n".join(_metrics(chosen)),
        never_seen=_list(unseen(one).text for one in description.never_seen),
        version=__version__,
    )


def _model_index(chosen: Chosen, description: BundleDescription) -> str:
    """Results by external centre as Hugging Face's `model-index`; nothing where there are none."""
    kinds = {"mcc": "matthews_correlation", "auc": "roc_auc"}
    results = [
        {
            "task": {"type": "image-classification", "name": row.task},
            "dataset": {"type": row.center, "name": f"{row.center}, external ({row.n} patients)"},
            "metrics": [{"type": kinds[row.metric], "name": row.metric, "value": round(row.value, 4)}],
        }
        for row in external_metrics(chosen) or ()
        if row.model == chosen.model and row.metric in kinds and row.value is not None
    ]
    if not results:
        return ""
    name = f"{description.title}: {description.model}"
    index = {"model-index": [{"name": name, "results": results}]}
    return yaml.safe_dump(index, sort_keys=False, allow_unicode=True, width=1000)


def never_seen(chosen: Chosen) -> tuple[NeverSeen, ...]:
    """Kinds of patients that no training case of the scenario was, as its tables tell: classes, ages, sexes."""
    cases = chosen.finished.cases
    own = cases[cases["center"].isin(chosen.scenario.train)]
    found = list[NeverSeen]()
    for name, task in chosen.study.tasks.items():
        absent = [label for label, values in task.classes.items() if not own[task.label].isin(values).any()]
        found += [NeverSeen(kind="class", task=name, name=label) for label in absent]
    ages = pd.to_numeric(own["age"], errors="coerce").dropna()
    if len(ages):
        found.append(NeverSeen(kind="ages", youngest=float(ages.min()), oldest=float(ages.max())))
    else:
        found.append(NeverSeen(kind="no_age"))
    found += [NeverSeen(kind="sex", sex=sex) for sex in ("F", "M") if not (own["sex"] == sex).any()]
    found.append(NeverSeen(kind="outside"))
    return tuple(found)


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _metrics(chosen: Chosen) -> Iterator[str]:
    """External metrics of the model by centre, beside the study's reference."""
    rows = external_metrics(chosen)
    if rows is None:
        yield "The study has no table of metrics."
        return
    if not rows:
        yield "The study tested it on no external centre in this scenario: nothing is known of how it does elsewhere."
        return
    named = "" if chosen.study.evaluation.reference else NO_REFERENCE
    yield f"95 % intervals in brackets; n and positives of each.{named}"
    yield ""
    yield "| centre | task | metric | model | value | n (positive) |"
    yield "|---|---|---|---|---|---|"
    for row in rows:
        value = row.note if row.value is None else f"{row.value:.3f}"
        if row.value is not None and row.low is not None:
            value += f" [{row.low:.3f}, {row.high:.3f}]"
        positive = "" if row.n_positive is None else f" ({row.n_positive})"
        model = f"{row.model} (reference)" if row.reference else row.model
        yield f"| {row.center} | {row.task} | {row.metric} | {model} | {value} | {row.n}{positive} |"
