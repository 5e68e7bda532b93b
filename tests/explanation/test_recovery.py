import numpy as np
import pandas as pd
import pytest

from gliomanet.explanation.recovery import recovery
from gliomanet.labels.tasks import DEFAULT_TASKS

FOUND = pd.DataFrame(
    [
        ("main", "idh", "whole", "t1c_firstorder_Mean", 0.3, "kept"),
        ("main", "idh", "whole", "t2_glcm_Contrast", 0.2, "kept"),
        ("main", "idh", "core", "t1_glcm_Id", 0.2, "kept"),
        ("main", "idh", "whole", "flair_firstorder_Mean", 0.2, "dropped"),
    ],
    columns=["scenario", "task", "region", "feature", "summary", "status"],
)


def truth(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["feature", "region", "label", "direction", "kind", "center"])


def test_counts_by_hand():
    planted = truth(
        ("t1c_firstorder_*", "whole", "idh", 1, "signal", ""),
        ("t2_glcm_Contrast", "", "idh", "lower", "signal", ""),  # kept, but in the other direction
        ("t1_gldm_X", "whole", "idh", "", "signal", ""),
        ("flair_firstorder_Mean", "whole", "idh", 1, "shortcut", "A"),
        ("t1_glcm_Id", np.nan, "idh", 1, "shortcut", "A"),
        ("t1c_firstorder_Mean", "whole", "grade", 1, "signal", ""),
    )
    result = recovery(FOUND, planted).set_index("task")
    row = result.loc["idh"]
    assert (row["linked"], row["kept"], row["signals"], row["signals_found"]) == (4, 3, 3, 1)
    assert (row["precision"], row["recall"]) == (pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert (row["shortcuts"], row["shortcuts_rejected"], row["shortcut_rejection"]) == (2, 1, 0.5)
    assert (row["shortcuts_linked"], row["note"]) == (2, "")
    assert (result.loc["grade", "recall"], result.loc["grade", "kept"]) == (0, 0)
    assert np.isnan(result.loc["grade", "precision"])
    assert list(result.index) == list(DEFAULT_TASKS)


def test_a_study_that_finds_nothing_recalls_nothing():
    result = recovery(FOUND.iloc[:0], truth(("f", "", "idh", 1, "signal", ""))).set_index("task")
    assert result.loc["idh", "recall"] == 0


def test_what_was_never_a_candidate_was_not_rejected():
    shortcut = ("flair_firstorder_Mean", "whole", "idh", 1, "shortcut", "A")
    nothing = recovery(FOUND.iloc[:0], truth(shortcut)).set_index("task").loc["idh"]
    assert (nothing["shortcuts"], nothing["shortcuts_linked"]) == (1, 0)
    assert pd.isna(nothing["shortcuts_rejected"])
    assert np.isnan(nothing["shortcut_rejection"])
    assert "no radiomic feature was linked" in nothing["note"]
    others = recovery(FOUND.iloc[:3], truth(shortcut)).set_index("task").loc["idh"]
    assert pd.isna(others["shortcuts_rejected"])
    assert np.isnan(others["shortcut_rejection"])
    assert others["note"] == "no shortcut was linked to a deep feature: none could be rejected"
    dropped = recovery(FOUND, truth(shortcut)).set_index("task").loc["idh"]
    assert (dropped["shortcuts_rejected"], dropped["shortcut_rejection"], dropped["note"]) == (1, 1, "")


def test_errors():
    with pytest.raises(ValueError, match="lacks the columns kind"):
        recovery(FOUND, truth().drop(columns="kind"))
    with pytest.raises(ValueError, match="kind 'noise'; allowed: signal, shortcut"):
        recovery(FOUND, truth(("f", "", "idh", 1, "noise", "")))
    with pytest.raises(ValueError, match="direction 'sideways'; allowed: a number"):
        recovery(FOUND, truth(("f", "", "idh", "sideways", "signal", "")))
