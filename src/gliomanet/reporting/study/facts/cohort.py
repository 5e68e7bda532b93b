"""Facts about the patients: where they come from, who was left out, what is known of them, how they were divided."""

from __future__ import annotations

import pandas as pd

from gliomanet.reporting.format import SOURCES, count, listing, plural, task_name
from gliomanet.reporting.study.facts.fact import Fact
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.tidy import tidy

CASES = "cohort/cases.tsv"


def sources(results: StudyResults) -> Fact:
    """Centres by role, their kinds of source and their sizes."""
    cases = _cases(results)
    told = []
    for name, center in results.settings["centers"].items():
        mine, source = cases[cases["center"] == name], center["source"]
        kind = SOURCES.get(source["kind"], source["kind"]) + (f", {source['format']}" if source.get("format") else "")
        size = f"{plural(len(mine), 'case')} of {plural(mine['patient_id'].nunique(), 'patient')}"
        told.append(f"{name} ({kind}; {size})")
    return Fact(f"Cases came from {plural(len(told), 'centre')}: {listing(told)}.", CASES)


def roles(results: StudyResults) -> Fact:
    """Use of each centre."""
    centers = results.settings["centers"]
    train = [name for name, center in centers.items() if center["role"] == "train"]
    external = [name for name, center in centers.items() if center["role"] == "external"]
    text = f"Models were trained on {listing(train)}"
    if results.settings["split"]["design"] == "leave_one_center_out":
        text += "; each of these centres was also held out in turn and predicted by models that never saw it"
    text += f"; {listing(external)} took part in no fit and served for external testing" if external else ""
    further = results.settings["split"]["scenarios"]
    if further:
        pairs = [f"{listing(s['train'])} → {listing(s['external']) or 'none'}" for s in further]
        text += f". Further pairs of training and test centres: {'; '.join(pairs)}"
    return Fact(text + ".", "#cohort")


def external_centers(results: StudyResults) -> Fact | None:
    """Centres that test models which never saw them; None where there is none."""
    splits = _splits(results)
    tested = splits[splits["part"] == "external"]
    if tested.empty:
        return None
    sizes = tested.drop_duplicates(["center", "case_id"]).groupby("center", sort=False).size()
    told = listing(f"{center} ({plural(int(n), 'case')})" for center, n in sizes.items())
    return Fact(f"External testing: {told}, predicted by models whose fits never saw the centre.", "splits.tsv")


def flow(results: StudyResults) -> Fact:
    """Cases in, cases lost with their reasons, cases analysed."""
    missing = results.missing
    text = f"{plural(len(results.cases), 'case')} entered; {count(len(results.cases) - results.lost)} were analysed by "
    text += "every model."
    if results.lost:
        named = listing(f"{status} ({n})" for status, n in missing["status"].value_counts().items())
        text += f" {plural(results.lost, 'case was', 'cases were')} not: {named}; each has its reason."
    return Fact(text, "#cohort")


def eligibility(results: StudyResults) -> Fact:
    """Rules by which the run itself left cases out; what the sources selected before is not known to it."""
    rules = ["a known label of a task, where the case trains or tests"]
    if not _is_tabular(results):
        policy = {
            "mark": "images that pass preprocessing, missing modalities being allowed",
            "drop": "images of all modalities that pass preprocessing",
            "refuse": "images of all modalities that pass preprocessing",
        }
        rules.append(policy[results.settings["preprocessing"]["missing_modality"]])
        rules.append("no exclusion at quality control")
    return Fact(f"In the run, a case took part with {listing(rules)}.", "#cohort")


def quality_decisions(results: StudyResults) -> Fact | None:
    """Decisions of quality control; None where no image was looked at."""
    qc = tidy(results.qc, text=("decision", "decided_by"))
    if qc.empty:
        return None
    counts = qc["decision"].value_counts()
    told = listing(f"{name} {count(counts.get(name, 0))}" for name in ("keep", "review", "exclude"))
    persons = int((qc["decided_by"] == "person").sum())
    by = f"a person decided on {persons} of them" if persons else "no person's decision was given"
    return Fact(f"Quality control: {told} of {plural(len(qc), 'case')}; {by}.", "#quality")


def audit(results: StudyResults) -> Fact | None:
    """Count what the audit found; None where none ran."""
    if results.audit is None:
        return None
    severities = tidy(results.audit, text=("severity",))["severity"].value_counts()
    found = [plural(int(severities[name]), name) for name in ("error", "warning", "note") if name in severities]
    text = (
        f"Before any fit an audit looked for patients and images that occur twice: {listing(found) or 'no findings'}."
    )
    return Fact(text, "cohort/audit.tsv")


def labels(results: StudyResults) -> Fact:
    """Origin of the labels: measured, derived by the WHO rules, unknown."""
    told = []
    for name, task in results.tasks.items():
        values = [task.encode(value) for value in results.cases.get(task.label, pd.Series(dtype=object)).fillna("")]
        known = sum(value >= 0 for value in values)
        origins = tidy(results.cases, text=(f"{task.label}_source",))[f"{task.label}_source"]
        derived = int((origins == "derived").sum())
        rule = f", {count(derived)} of them derived from other labels by the WHO 2021 rules" if derived else ""
        told.append(f"{task_name(name)} ({' / '.join(task.class_names)}) known for {count(known)}{rule}")
    return Fact(f"Reference labels as the sources give them: {'; '.join(told)}.", CASES)


def characteristics(results: StudyResults) -> Fact | None:
    """Age and sex over all cases; None where neither is known."""
    cases = _cases(results)
    age = pd.to_numeric(cases.get("age", pd.Series(dtype=float)), errors="coerce").dropna()
    sex = cases["sex"].str.upper().str[:1] if "sex" in cases else pd.Series(dtype=str)
    told = []
    if len(age):
        told.append(
            f"age: median {age.median():.0f} years ({age.min():.0f} to {age.max():.0f}), known for {count(len(age))}"
        )
    if sex.isin(("F", "M")).any():
        told.append(f"sex: {count((sex == 'F').sum())} female, {count((sex == 'M').sum())} male")
    return Fact(f"{'; '.join(told)}.".capitalize(), "#cohort") if told else None


def missing_data(results: StudyResults) -> Fact:
    """Missing data, and what the run does about them."""
    told = ["A case without a task's label takes no part in that task's loss and metrics"]
    if _is_tabular(results):
        told.append("missing feature values and ages are set to the median of the training cases")
    else:
        qc = tidy(results.qc, text=("status", "modalities"))
        usable = qc[qc["status"] == "ok"]["modalities"].map(lambda names: len(names.split(",")))
        lacking = int((usable < 4).sum())
        policy = {"mark": "marked as absent", "drop": "left out", "refuse": "not allowed"}
        how = policy[results.settings["preprocessing"]["missing_modality"]]
        told.append(f"{count(lacking)} of {plural(len(usable), 'usable case')} lack a modality, which is {how}")
    clinical = {name: model["kind"] for name, model in results.settings["models"].items() if model.get("clinical")}
    for stacks, stands in ((False, "a learnt value"), (True, "the median of the training cases")):
        if names := [name for name, kind in clinical.items() if (kind == "stack") == stacks]:
            told.append(f"for an age or sex that is not known {stands} stands in {listing(names)}")
    return Fact("; ".join(told) + ".", "#cohort")


def folds(results: StudyResults) -> Fact:
    """Division into folds."""
    split = results.settings["split"]
    text = (
        f"Inside the training centres cases were divided into {split['folds']} folds by patient; each fold's cases are "
        f"predicted by the fit that left them out (seed {results.settings['seed']})."
    )
    return Fact(text, "splits.tsv")


def disjoint(results: StudyResults) -> Fact | None:
    """Proof that no patient trains and tests: counted in the splits."""
    splits = _splits(results)
    if splits.empty:
        return None
    tested = splits[splits["part"].isin(("validation", "external"))]
    keys = ["scenario", "fold", "patient_id"]
    trained = splits[splits["part"] == "train"][keys].drop_duplicates()
    both = tested.merge(trained, on=keys)
    shared = both["patient_id"].nunique()
    divisions = splits[["scenario", "fold"]].drop_duplicates()
    text = (
        f"{count(shared) if shared else 'No'} {'patient is' if shared < 2 else 'patients are'} in both the training "
        f"and the test part of any of the {plural(len(divisions), 'division')}, counted in the splits."
    )
    return Fact(text, "splits.tsv")


def _cases(results: StudyResults) -> pd.DataFrame:
    return tidy(results.cases, text=("case_id", "patient_id", "center"))


def _splits(results: StudyResults) -> pd.DataFrame:
    return tidy(results.splits, text=("case_id", "patient_id", "center", "scenario", "fold", "part"))


def _is_tabular(results: StudyResults) -> bool:
    kinds = {center["source"]["kind"] for center in results.settings["centers"].values()}
    return kinds <= {"features", "predictions"}
