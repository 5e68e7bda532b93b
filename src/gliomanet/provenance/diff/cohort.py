"""Cases in which two studies differ: which there are, what they are used for, their labels, their images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd

from gliomanet.cohort.table import labels_in
from gliomanet.provenance.diff.change import Change
from gliomanet.provenance.finished import FinishedStudy
from gliomanet.reporting.study.missing_cases import cases_in_no_fold
from gliomanet.tables.cohort import FILES

Case = tuple[str, str]
"""(centre, case)."""
Facts = dict[Case, dict[str, Any]]
"""Case → what is known of it, by name."""

_OF_PATIENTS = ("patient_id", "age", "sex", "mask_codes")


def cohort_changes(a: FinishedStudy, b: FinishedStudy) -> Iterator[Change]:
    """Cases added and removed; of the others what their centre's role, use, labels, patient and images were and are."""
    cases = _by_case(a.cases), _by_case(b.cases)
    for case in _in_either(*cases):
        if case not in cases[1]:
            yield _of(case)("case removed", a=cases[0][case]["role"])
        elif case not in cases[0]:
            yield _of(case)("case added", b=cases[1][case]["role"])
    both = [case for case in cases[0] if case in cases[1]]
    labels = list(dict.fromkeys((*labels_in(a.cases), *labels_in(b.cases))))
    yield from _differing("role", both, *(_picked(facts, ["role"]) for facts in cases))
    yield from _differing("use", both, _uses(a), _uses(b))
    yield from _differing("validating fold", both, _folds(a), _folds(b))
    yield from _differing("label", both, *(_picked(facts, labels) for facts in cases))
    yield from _differing("patient", both, *(_picked(facts, _OF_PATIENTS) for facts in cases))
    images = _images(a), _images(b)
    unknown = {*_unknown_images(a), *_unknown_images(b)}
    yield from _differing("image", [case for case in both if case[0] not in unknown], *images)
    without = [case for case in both if case not in images[0] and case not in images[1]]
    yield from _differing("features", without, _features(a, without), _features(b, without))


def _of(case: Case) -> Any:
    return partial(Change, "cohort", center=case[0], case_id=case[1])


def _in_either(one: Mapping[Case, Any], other: Mapping[Case, Any]) -> list[Case]:
    return sorted({**one, **other})


def _differing(what: str, both: list[Case], one: Facts, other: Facts) -> Iterator[Change]:
    for case in both:
        first, second = one.get(case, {}), other.get(case, {})
        for key in dict.fromkeys((*first, *second)):
            before, after = first.get(key, ""), second.get(key, "")
            if before != after:
                yield _of(case)(what, key=key, a=before, b=after)


def _by_case(table: pd.DataFrame) -> Facts:
    text = table.astype(object).where(table.notna(), "")
    rows = [{str(name): cell for name, cell in row.items()} for row in text.to_dict("records")]
    return {(str(row["center"]), str(row["case_id"])): row for row in rows}


def _picked(facts: Facts, keys: list[str] | tuple[str, ...]) -> Facts:
    return {case: {key: _cell(row.get(key, "")) for key in keys} for case, row in facts.items()}


def _cell(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _uses(study: FinishedStudy) -> Facts:
    """Use of each case, or the reason why it has none."""
    found: Facts = {}
    for (center, case), rows in study.splits.groupby(["center", "case_id"], sort=False):
        found[str(center), str(case)] = {"use": ", ".join(sorted(set(rows["part"]), reverse=True))}
    for row in cases_in_no_fold(study.cases, study.splits, study.qc).to_dict("records"):
        found[row["center"], row["case_id"]] = {"use": f"{row['status']}: {row['reason']}"}
    return found


def _folds(study: FinishedStudy) -> Facts:
    """Scenario → the fold in which a case is validated."""
    rows = study.splits[study.splits["part"] == "validation"]
    found: Facts = {}
    for row in rows.to_dict("records"):
        found.setdefault((row["center"], row["case_id"]), {})[row["scenario"]] = row["fold"]
    return found


def _unknown_images(study: FinishedStudy) -> list[str]:
    """Centres that have images, and no record of them, which is noted."""
    names = [column.name for column in FILES]
    with_images = study.cases[(study.cases[names].fillna("") != "").any(axis=1)]
    centers = dict.fromkeys(with_images["center"].astype(str))
    found = [center for center in centers if not study.layout.image_files(center).is_file()]
    for center in found:
        study.notes.append(f"{study.layout.image_files(center)} is missing: images of {center} are not compared")
    return found


def _images(study: FinishedStudy) -> Facts:
    """Image → digest of its file."""
    found: Facts = {}
    for row in study.files.to_dict("records"):
        found.setdefault((row["center"], row["case_id"]), {})[row["image"]] = row["digest"]
    return found


def _features(study: FinishedStudy, cases: list[Case]) -> Facts:
    """Region → digest of a case's radiomic features, where these are what the study starts from."""
    found: Facts = {}
    for center in dict.fromkeys(center for center, _ in cases):
        if not study.layout.radiomics(center).is_file():
            continue
        table = study.table(study.layout.radiomics(center))
        digests = pd.util.hash_pandas_object(table[sorted(table.columns)], index=False)
        for case, region, digest in zip(table["case_id"], table["region"], digests, strict=True):
            found.setdefault((center, str(case)), {})[str(region)] = f"{digest:016x}"
    return found
