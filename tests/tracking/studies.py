"""Finished studies as tracking finds them: tables, events and descriptions, without any training."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from gliomanet.layout import Layout
from gliomanet.study_record import StudyRecord
from gliomanet.tracking.tracked_study import TrackedStudy
from tests.descriptions import image_description, write_description

START = 1_700_000_000.0
TASKS = {"idh": {"label": "idh", "classes": {"wildtype": ["wildtype"], "mutant": ["mutant"]}}}
FITS = tuple(("net", stage, fold) for stage in ("supervised", "pseudo_label") for fold in "01")


def events_of(names: tuple[str, str, str], digest: str, epochs: int, *, ended: bool = True) -> list[dict[str, Any]]:
    """Events of a fit of so many epochs."""
    start = START + 100 * ord(names[2][-1])
    events: list[dict[str, Any]] = [
        {"event": "run", **dict(zip(("model", "stage", "fold"), names, strict=True)), "digest": digest}
    ]
    events += [{"event": "start", "time": start}, {"event": "params", "values": {"learning_rate": 1e-4}}]
    for epoch in range(epochs):
        for name in ("train/loss", "validation/mcc_idh"):
            event = {"event": "metric", "name": name, "value": 1 / (epoch + 1), "step": epoch, "time": start + epoch}
            events.append(event)
    return [*events, *([{"event": "end", "time": start + epochs}] if ended else [])]


def write_events(file: Path, events: list[dict[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")


def settings_of(title: str = "A study", **changes: Any) -> dict[str, Any]:
    """The configuration of a study, as far as tracking reads it."""
    source = {"kind": "table", "path": "cases.tsv"}
    return {
        "title": title,
        "seed": 1,
        "results": "results",
        "tasks": TASKS,
        "centers": {"A": {"role": "train", "source": source}, "X": {"role": "external", "source": source}},
        "models": {"net": {"kind": "cmtlnet", "width": {"first": 8}}},
        **changes,
    }


def metrics_of(value: float | None = 0.61, fits: Sequence[tuple[str, str, str]] = FITS) -> pd.DataFrame:
    """Rows of the evaluation, for each model × stage."""
    shared = {"scenario": "main", "role": "external", "center": "pooled", "task": "idh", "subset": "all"}
    shared |= {"metric": "mcc", "ci_low": 0.4, "ci_high": 0.8, "n": 90, "n_positive": 40, "note": ""}
    rows = []
    for model, stage in dict.fromkeys((model, stage) for model, stage, _ in fits):
        own = {"model": model, "stage": stage, **shared}
        rows += [{**own, "value": value}, {**own, "value": None, "center": "north", "n": 9}]
        rows += [{**own, "value": 0.2, "subset": "grade=2-3", "n": 30}]
        rows += [{**own, "value": 0.3, "scenario": "without-a", "center": "a", "n": 30}]
        rows += [{**own, "value": 0.9, "metric": "auc"}, {**own, "value": 0.05, "metric": "ece"}]
        rows += [{**own, "value": 0.7, "metric": "f1"}]
    return pd.DataFrame(rows)


def write_study(
    results: Path,
    *,
    settings: dict[str, Any] | None = None,
    value: float | None = 0.61,
    fits: tuple[tuple[str, str, str], ...] = FITS,
    digest: str = "a",
    epochs: int = 3,
    labels: Sequence[str] = ("mutant", "wildtype"),
) -> TrackedStudy:
    """Write a finished study's files; fold 0 has the digest that is given, the others "a"."""
    settings, layout = settings or settings_of(), Layout(results)
    for names in fits:
        write_events(layout.model(*names).events, events_of(names, digest if names[2] == "0" else "a", epochs))
        described = image_description(kind="cmtlnet", model=names[0], stage=names[1], fold=names[2])
        write_description(layout.model(*names).folder, described)
    cases = [
        {"case_id": f"{center}-{n}", "patient_id": f"{center}{n}", "center": center, "t1": f"/data/{results.name}/{n}"}
        | {"idh": label, "idh_source": "measured"}
        for center in settings["centers"]
        for n, label in enumerate(labels)
    ]
    for path, table in ((layout.cases(), pd.DataFrame(cases)), (layout.evaluation("metrics"), metrics_of(value, fits))):
        path.parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(path, sep="\t", index=False)
    layout.page().parent.mkdir(exist_ok=True)
    layout.page().write_text("<html></html>", encoding="utf-8")
    record = StudyRecord(
        study=settings,
        code={"train": {"net": "c0de"}},
        evaluation_seed=1,
        hidden_centers=[],
        fits=[list(fit) for fit in fits],
        gliomanet="0.1.0",
        commit="0123abc",
        files={},
    )
    record.write(layout.study())
    return TrackedStudy.read(results)
