"""Fits behind a prediction, the code that made them, and the logs that they left."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from gliomanet.files.digests import file_digest
from gliomanet.models.artifact import MODEL_FILE, ImageModelDescription, ModelDescription
from gliomanet.provenance.finished import FinishedStudy
from gliomanet.provenance.trace.step import NOT_RECORDED, Step

CHANGED = "CHANGED since training, or gone"
OTHER = "DIFFERS: another fit than the report's"
GONE = "DIFFERS: this fit is gone"

Fit = tuple[str, str, str]
"""(model, stage, fold)."""


def fits_step(study: FinishedStudy, fits: Iterable[Fit], task: str) -> Step:
    """The trained models: their folders, who they learned from, when, on what, and their digests."""
    wanted = list(dict.fromkeys(fits))
    known = {(one.model, one.stage, one.fold): folder for folder, one in study.fits.items()}
    rows, versions = [], set[str]()
    for fit in wanted:
        if fit not in known:
            rows.append(dict(zip(("model", "stage", "fold"), fit, strict=True)) | {"files": GONE})
            continue
        folder = known[fit]
        one = study.fits[folder]
        versions.add(", ".join(f"{name} {version}" for name, version in sorted(one.versions.items())))
        rows.append(_fit(study, folder, one, task))
    return Step(
        "Trained models",
        files=tuple(known[fit] / MODEL_FILE for fit in wanted if fit in known),
        facts={"software": " | ".join(sorted(versions)) or NOT_RECORDED},
        table=pd.DataFrame(rows),
        differs=any(str(row["files"]).startswith((CHANGED, OTHER, GONE)) for row in rows),
    )


def _fit(study: FinishedStudy, folder: Path, one: ModelDescription, task: str) -> dict[str, Any]:
    events = read_events(folder / "events.jsonl")
    times = {event["event"]: event.get("time") for event in events if event["event"] in ("start", "end")}
    splits = study.splits[study.splits["fold"] == one.fold]
    training = splits[splits["part"] == "train"]
    device = one.computed.device if isinstance(one, ImageModelDescription) else "cpu"
    resumed = sum(event["event"] == "resume" for event in events)
    return {
        "model": one.model,
        "stage": one.stage,
        "fold": one.fold,
        "cases": len(training) or NOT_RECORDED,
        "labelled": _labelled(study, training, task) if task in study.tasks else "",
        "digest": one.digest[:12],
        "seed": one.seed,
        "epochs": next((one["epochs_run"] + one.get("resumed_from", 0) for one in events if "epochs_run" in one), ""),
        "device": device,
        "files": OTHER if study.is_newer(folder / MODEL_FILE) else _state(folder, one),
        "started": _time(times.get("start")),
        "ended": _time(times.get("end")) + (f", resumed {resumed}×" if resumed else ""),
    }


def _state(folder: Path, one: ModelDescription) -> str:
    """The state of the files that training wrote beside the description."""
    paths = {name: folder / name for name in one.files}
    changed = [name for name, path in paths.items() if not path.is_file() or file_digest(path) != one.files[name]]
    return f"{CHANGED}: {', '.join(changed)}" if changed else "as trained" if paths else ""


def _labelled(study: FinishedStudy, training: pd.DataFrame, task: str) -> int:
    cases = training.merge(study.cases, on=["center", "case_id"], suffixes=("", "_of_case"))
    return sum(study.tasks[task].encode(label) >= 0 for label in cases[study.tasks[task].label])


def read_events(path: Path) -> list[dict[str, Any]]:
    """The events of a fit; none where it left no file."""
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _time(seconds: float | None) -> str:
    return NOT_RECORDED if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%SZ}"


def code_step(study: FinishedStudy, models: Iterable[str]) -> Step:
    """Digests of the code that ran, and the commit that it was read from."""
    record = study.record
    facts: dict[str, str] = {}
    for kind, digest in record.code.items():
        if isinstance(digest, dict):
            facts |= {f"{kind} ({model})": digest.get(model, NOT_RECORDED) for model in dict.fromkeys(models)}
        else:
            facts[kind] = digest
    facts["git commit"] = record.commit or NOT_RECORDED
    facts["gliomanet"] = record.gliomanet or NOT_RECORDED
    return Step("Code, when the report was written", files=(study.layout.study(),), facts=facts)


def logs_step(study: FinishedStudy, logs: Iterable[tuple[str, ...]]) -> Step:
    """The logs of some jobs, each by its rule and wildcards."""
    paths = [study.layout.log(*names) for names in dict.fromkeys(logs)]
    rows = [{"log": str(path), "bytes": path.stat().st_size if path.is_file() else "is gone"} for path in paths]
    return Step("Logs", table=pd.DataFrame(rows))
