"""Features that are a label in other clothes: a model would read the answer off them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from gliomanet.cohort.remarks import remark
from gliomanet.errors import Problem
from gliomanet.labels.vocabulary import Vocabulary
from gliomanet.tables.feature_names import parts_of

_FEWEST = 8
"""Cases of known label below which a column may go with it by chance."""

_WORDS = re.compile(
    r"(^|[^a-z])(idh\d?|1p|19q|1p19q|codel\w*|mgmt|who|grade|diagnos\w*|label|class|target|survival|os|pfs|death|dead|"
    r"status|age|sex|gender)([^a-z]|$)",
    re.IGNORECASE,
)


def label_copies(
    path: Path, features: pd.DataFrame, cases: pd.DataFrame, columns: Mapping[str, str], vocabulary: Vocabulary
) -> list[Problem]:
    """Features that tell a label exactly: a value for each class, in every case; names of labels are a warning.

    Args:
        path: the table, for messages.
        features: `case_id`, `region` and features.
        cases: a case table.
        columns: feature → its column.
        vocabulary: the study's labels.
    """
    problems = []
    labels = cases.set_index("case_id")
    for feature in features.columns.drop(["case_id", "region"]):
        at = {"file": str(path), "column": columns.get(str(feature), str(feature))}
        known = features[["case_id", feature]].dropna()
        for label in vocabulary if known[feature].nunique() <= len(_longest(vocabulary)) else ():
            both = pd.DataFrame({"value": known[feature], "label": known["case_id"].map(labels[label]).fillna("")})
            both = both[both["label"] != ""]
            pairs = both.drop_duplicates()
            if len(both) >= _FEWEST and len(pairs) > 1 and _one_to_one(pairs):
                found = f"tells {label} in every case: {_listed(pairs)}"
                action = f"name it in `columns` (`{label}: …`) or in `ignored`; it is no feature"
                problems.append(Problem(found, action, rule="feature_is_label").at(**at))
                break
        else:
            if not parts_of(str(feature)).family and _WORDS.search(at["column"].replace("_", " ")):
                found = "is taken as a feature, and its name is that of a label, an outcome or a patient's data"
                action = "name it in `columns` or in `ignored`, unless it is measured in the image"
                remark(Problem(found, action, rule="feature_named_as_label").at(**at), "warning")
    return problems


def _longest(vocabulary: Vocabulary) -> tuple[str, ...]:
    return max(vocabulary.values(), key=len)


def _one_to_one(pairs: pd.DataFrame) -> bool:
    return not pairs["value"].duplicated().any() and not pairs["label"].duplicated().any()


def _listed(pairs: pd.DataFrame) -> str:
    return ", ".join(f"{value:g} is {label}" for value, label in pairs.sort_values("value").itertuples(index=False))
