"""Head of the page: warnings, counts, and a paragraph on what was run, written from the tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from gliomanet.reporting.format import count, listing, plural, task_name
from gliomanet.reporting.study.answers import answers
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.tidy import tidy
from gliomanet.reporting.study.wording import external_predictions, kind_name, stages_phrase


def head(results: StudyResults) -> dict[str, Any]:
    """Variables of the page's template that stand above all sections."""
    return {
        "title": results.settings["title"],
        "warnings": warnings(results.settings),
        "question": question(results.settings),
        "answers": answers(results),
    }


def question(study: Mapping[str, Any]) -> str:
    """The study's question, as far as it declared one; of simulated patients it says so."""
    model, reference = study["evaluation"].get("primary_model"), study["evaluation"].get("reference")
    simulated = all(center["source"]["kind"] == "phantom" for center in study["centers"].values())
    where = "on unseen centres of simulated patients" if simulated else "on unseen centres"
    if model and reference:
        return f"Does {model} beat {reference} {where}?"
    if reference:
        return f"Does any model beat {reference} {where}?"
    return f"What holds {where}?"


def paragraph(results: StudyResults) -> str:
    """Centres by role, cases, tasks, folds, models, stages and what tests externally."""
    study, lost = results.settings, results.lost
    cases = tidy(results.cases, text=("case_id", "patient_id", "center"))
    splits = tidy(results.splits, text=("case_id", "center", "scenario", "fold", "part"))
    by_role = {
        role: [c for c, v in study["centers"].items() if v["role"] == role]
        for role in ("train", "external", "unlabelled")
    }
    sentences = [f"{_group('training centre', by_role['train'], cases)} {_verb(by_role['train'], 'trains', 'train')}"]
    if by_role["external"]:
        test, them = _verb(by_role["external"], "tests", "test"), _verb(by_role["external"], "it", "them")
        sentences[0] += f"; {_group('external centre', by_role['external'], cases)} {test}, and no fit has seen {them}"
    if by_role["unlabelled"]:
        sentences[0] += (
            f"; {_group('centre without labels', by_role['unlabelled'], cases, 'centres without labels')} "
            f"{_verb(by_role['unlabelled'], 'gives', 'give')} cases for pseudo-labels"
        )
    tasks = [f"{task_name(name)} ({' / '.join(task.class_names)})" for name, task in results.tasks.items()]
    sentences.append(f"{plural(len(tasks), 'task')}: {listing(tasks)}")
    models = [f"{name} ({kind_name(model['kind'])})" for name, model in study["models"].items()]
    sentences.append(f"{plural(len(models), 'model')}: {listing(models)}")
    stages = stages_phrase(study)
    numbered = {fold.rsplit(".", 1)[-1] for fold in splits.loc[splits["part"] == "validation", "fold"]}
    folds = len(numbered) or study["split"]["folds"]
    sentences.append(
        f"Each is trained in {plural(folds, 'fold')} split by patient, in the "
        f"{'stage' if len(stages) == 1 else 'stages'} {listing(stages)}"
    )
    if by_role["external"] or study["split"]["design"] != "fixed" or study["split"]["scenarios"]:
        sentences.append(external_predictions(study["models"]))
    scenarios = list(dict.fromkeys(splits["scenario"]))
    if len(scenarios) > 1:
        sentences.append(
            f"There are {plural(len(scenarios), 'scenario')}: choices of which centres train and which test"
        )
    sentences.append(
        f"{plural(lost, 'case')} could not be analysed by every model and {'is' if lost == 1 else 'are'} named below"
        if lost
        else "No case was lost on the way"
    )
    return ". ".join(sentence[0].upper() + sentence[1:] for sentence in sentences) + "."


def _group(singular: str, centers: list[str], cases: pd.DataFrame, several: str = "") -> str:
    mine = cases[cases["center"].isin(centers)]
    patients = mine["patient_id"].nunique()
    size = plural(len(mine), "case") + ("" if patients == len(mine) else f" of {plural(patients, 'patient')}")
    return f"{plural(len(centers), singular, several)} ({', '.join(centers)}; {size})"


def _verb(subjects: list[str], singular: str, several: str) -> str:
    return singular if len(subjects) == 1 else several


def warnings(study: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(heading, text) of what a reader must know before any number."""
    kinds = {name: center["source"]["kind"] for name, center in study["centers"].items()}
    phantoms = [name for name, kind in kinds.items() if kind == "phantom"]
    patients = [name for name, kind in kinds.items() if kind != "phantom"]
    found = []
    if phantoms and patients:
        text = (
            f"{listing(phantoms)} {_verb(phantoms, 'is', 'are')} simulated; {listing(patients)} "
            f"{_verb(patients, 'is', 'are')} not. What a model learnt from simulated tumours means nothing clinically "
            "on patients: those metrics only show that the pipeline runs on real files."
        )
        found.append(("Simulated and real patients are mixed", text))
    elif phantoms:
        text = (
            "Tumours and labels were made by a program with a known truth. The metrics show whether the pipeline finds "
            "what was planted; they say nothing about patients."
        )
        found.append(("Every patient here is simulated", text))
    if study.get("shuffle_labels"):
        text = "Labels were dealt anew within each centre, so every MCC must be about 0; if not, something leaks."
        found.append(("This is a control", text))
    if study.get("label_fraction", 1) < 1:
        text = (
            f"Of the training centres' labelled patients {100 * study['label_fraction']:g} % kept their labels. The "
            "others are unlabelled training cases: neither trained on with their labels nor counted in validation "
            "metrics. Where their centre tests, in the scenarios that hold it out, metrics of external cases count all "
            "patients."
        )
        found.append(("Labels are hidden on purpose", text))
    return found


def totals(results: StudyResults) -> list[tuple[str, str]]:
    """Counts: (number, what it counts)."""
    study = results.settings
    centers = study["centers"].values()
    found = [
        (count(len(results.cases)), "cases"),
        (count(sum(c["role"] == "train" for c in centers)), "training centres"),
        (count(sum(c["role"] == "external" for c in centers)), "external centres"),
        (count(len(study["models"])), "models"),
        (count(len(study["tasks"])), "tasks"),
        (count(results.lost), "cases not analysed by every model"),
    ]
    return [(n, _one(what) if n == "1" else what) for n, what in found]


def _one(what: str) -> str:
    """`cases not analysed` → `case not analysed`."""
    return what.replace("cases", "case", 1) if what.startswith("cases") else what.removesuffix("s")
