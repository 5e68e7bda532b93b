"""Facts about what came out: the numbers stand in the page's tables, these sentences say where and how many."""

from __future__ import annotations

from gliomanet.reporting.format import listing, plural, task_name
from gliomanet.reporting.study.facts.fact import Fact
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.tidy import tidy_biomarkers


def performance(results: StudyResults) -> Fact | None:
    """Metrics with their intervals; None where nothing was scored."""
    table = results.scored
    if table.empty:
        return None
    n = int(table["value"].notna().sum())
    text = (
        f"{plural(n, 'value')} with interval, n and positives, and {len(table) - n} that are not estimable, each "
        "with its reason."
    )
    return Fact(text, "#metrics")


def internal(results: StudyResults) -> Fact | None:
    """Metrics of validation cases; None where there is none."""
    return _of_role(results, "validation", "Internal validation, each case by the fold that left its patient out")


def external(results: StudyResults) -> Fact | None:
    """Metrics of external cases; None where no centre tests."""
    return _of_role(results, "external", "External testing, by fits that never saw the centre")


def diagnostic_accuracy(results: StudyResults) -> Fact | None:
    """Sensitivity, specificity and predictive values; None where no task has two classes."""
    found = [name for name in ("sensitivity", "specificity", "ppv", "npv") if name in set(results.scored["metric"])]
    if not found:
        return None
    words = {"ppv": "positive predictive value", "npv": "negative predictive value"}
    return Fact(f"{listing(words.get(n, n) for n in found)}, with intervals.".capitalize(), "#metrics")


def failures(results: StudyResults) -> Fact | None:
    """Confusion matrices; None where nothing was scored."""
    if results.confusion.empty:
        return None
    text = (
        "Confusion matrices show which classes are taken for which; the probabilities of each case tell which "
        "cases fail."
    )
    return Fact(text, "#confusion")


def against_reference(results: StudyResults) -> Fact | None:
    """Differences from the reference; None where the study declares none."""
    reference = results.settings["evaluation"].get("reference")
    if not reference or results.comparisons.empty:
        return None
    return Fact(f"Differences of every model from {reference} with intervals, by centre and together.", "#comparisons")


def sample_sizes(results: StudyResults) -> Fact | None:
    """Cases and positives of each task; None where nothing was scored."""
    table = results.scored
    table = table[(table["metric"] == "mcc") & table["subset"].isin(("", "all")) & (table["center"] == "pooled")]
    if table.empty:
        return None
    told = []
    for (role, task), rows in table.groupby(["role", "task"], sort=False):
        first = rows.sort_values("n").iloc[-1]
        positive = "" if rows["n_positive"].isna().all() else f", {first['n_positive']:.0f} positive"
        told.append(f"{task_name(str(task))}, {role}: {first['n']:.0f}{positive}")
    return Fact(f"Cases that metrics stand on: {'; '.join(told)}.", "#metrics")


def shift(results: StudyResults) -> Fact | None:
    """Differences between development and test centres; None where no centre tests."""
    if not (results.scored["role"] == "external").any():
        return None
    return Fact("Classes, age and sex of every centre stand beside each other.", "#cohort")


def biomarkers_found(results: StudyResults) -> Fact | None:
    """Kept and dropped biomarkers; None where no model was explained."""
    if not results.biomarkers:
        return None
    rows = [tidy_biomarkers(table)["status"].value_counts() for table in results.biomarkers.values()]
    kept = sum(int(counts.get("kept", 0)) for counts in rows)
    tested = sum(int(counts.sum()) for counts in rows)
    return Fact(f"{kept} of {plural(tested, 'linked feature')} were kept as biomarkers.", "#biomarkers")


def guidelines(results: StudyResults) -> Fact:
    """Reporting guidelines that this page answers."""
    return Fact("CLAIM 2024, TRIPOD+AI, METRICS and CLEAR are answered item by item from the run.", "#guidelines")


def _of_role(results: StudyResults, role: str, words: str) -> Fact | None:
    table = results.scored
    mine = table[table["role"] == role]
    if mine.empty:
        return None
    centers = [name for name in dict.fromkeys(mine["center"]) if name not in ("pooled", "summary")]
    return Fact(f"{words}: {listing(centers)}.", "#metrics")
