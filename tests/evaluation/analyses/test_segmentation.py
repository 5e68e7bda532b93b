import numpy as np
import pandas as pd
import pytest

from gliomanet.config.analysis import Evaluation
from gliomanet.evaluation.analyses.segmentation import SEGMENTATION_COLUMNS, evaluate_segmentations

SETTINGS = Evaluation(resamples=400)


def scores(values, *, center="A", role="external", scenario="main", region="whole", model="net", hd95=None, first=0):
    return pd.DataFrame(
        {
            "model": model,
            "stage": "supervised",
            "scenario": scenario,
            "role": role,
            "center": center,
            "case_id": [f"c{first + n}" for n in range(len(values))],
            "region": region,
            "dice": values,
            "hd95_mm": [10 * (1 - v) for v in values] if hd95 is None else hd95,
        }
    )


def cases(*centers, n=12, patients=None):
    return pd.DataFrame(
        [
            {"center": center, "case_id": f"c{k}", "patient_id": (patients or {}).get(k, f"p{k}")}
            for center in centers
            for k in range(n)
        ]
    )


def figure(table, **where):
    rows = table[np.logical_and.reduce([table[key] == value for key, value in where.items()])]
    assert len(rows) == 1, rows
    return rows.iloc[0]


def test_mean_median_and_n_by_centre_and_pooled():
    given = pd.concat([scores([0.2, 0.4, 0.9]), scores([1.0], center="B")])
    table = evaluate_segmentations(given, cases("A", "B"), SETTINGS, seed=1)
    assert list(table) == SEGMENTATION_COLUMNS
    assert table["center"].drop_duplicates().tolist() == ["A", "B", "pooled"]
    one = figure(table, center="A", metric="dice")
    assert (one["mean"], one["median"], one["n"], one["note"]) == (pytest.approx(0.5), 0.4, 3, "")
    assert 0.2 <= one["ci_low"] < 0.5 < one["ci_high"] <= 0.9
    assert figure(table, center="pooled", metric="dice")["mean"] == pytest.approx(0.625)
    assert figure(table, center="pooled", metric="hd95_mm")["n"] == 4
    single = figure(table, center="B", metric="dice")
    assert np.isnan(single["ci_low"])
    assert single["note"] == "one patient: no interval"


def test_interval_is_that_of_the_mean_of_resampled_cases():
    rng = np.random.default_rng(0)
    values = rng.beta(4, 2, size=200)
    table = evaluate_segmentations(scores(values), cases("A", n=200), Evaluation(resamples=4000), seed=3)
    found = figure(table, center="A", metric="dice")
    error = values.std(ddof=1) / np.sqrt(200)
    assert found["ci_low"] == pytest.approx(values.mean() - 1.96 * error, abs=0.1 * error)
    assert found["ci_high"] == pytest.approx(values.mean() + 1.96 * error, abs=0.1 * error)


def test_a_patients_cases_are_drawn_together():
    values = [0.0, 1.0] * 6
    alone = evaluate_segmentations(scores(values), cases("A"), SETTINGS, seed=1)
    paired = {k: f"p{k // 2}" for k in range(12)}  # every patient has one case of each
    together = evaluate_segmentations(scores(values), cases("A", patients=paired), SETTINGS, seed=1)
    assert figure(together, center="A", metric="dice")[["ci_low", "ci_high"]].tolist() == [0.5, 0.5]
    assert figure(alone, center="A", metric="dice")["ci_low"] < 0.5


def test_empty_values_are_left_out_and_counted():
    table = evaluate_segmentations(
        scores([0.0, 0.5, np.nan, np.nan], hd95=[np.nan, 4.0, np.nan, np.nan]), cases("A"), SETTINGS, seed=1
    )
    dice, hd95 = (figure(table, center="A", metric=metric) for metric in ("dice", "hd95_mm"))
    assert (dice["mean"], dice["n"], dice["note"]) == (0.25, 2, "2 more without this metric")
    assert (hd95["mean"], hd95["n"]) == (4, 1)
    assert hd95["note"] == "3 more without this metric; one patient: no interval"
    nothing = evaluate_segmentations(scores([np.nan]), cases("A"), SETTINGS, seed=1)
    row = figure(nothing, center="A", metric="dice")
    assert np.isnan(row["mean"])
    assert (row["n"], row["note"]) == (0, "not estimable: no case has this metric")


def test_centres_held_out_in_turn_are_pooled_together():
    given = pd.concat([scores([0.2], center=c, scenario=f"without-{c}") for c in "AB"] + [scores([0.6], center="X")])
    table = evaluate_segmentations(given, cases("A", "B", "X"), SETTINGS, seed=1)
    pools = table[(table["center"] == "pooled") & (table["metric"] == "dice")].set_index("scenario")["n"]
    assert pools.to_dict() == {"leave-one-center-out": 2, "main": 1}


def test_roles_and_regions_are_apart_and_in_order():
    given = pd.concat(
        [scores([0.5], region=region) for region in ("enhancing", "core", "whole")]
        + [scores([0.7], role="validation", first=5)]
    )
    table = evaluate_segmentations(given, cases("A"), SETTINGS, seed=1)
    mine = table[(table["center"] == "A") & (table["metric"] == "dice")]
    assert list(zip(mine["role"], mine["region"], strict=True)) == [
        *(("external", region) for region in ("whole", "core", "enhancing")),
        ("validation", "whole"),
    ]


def test_order_of_rows_changes_nothing_and_models_share_their_resamples():
    given = pd.concat([scores([0.2, 0.4, 0.9, 0.3]), scores([0.2, 0.4, 0.9, 0.3], model="other")])
    table = evaluate_segmentations(given, cases("A"), SETTINGS, seed=1)
    pd.testing.assert_frame_equal(
        table, evaluate_segmentations(given.iloc[::-1], cases("A").iloc[::-1], SETTINGS, seed=1)
    )
    first, second = (figure(table, model=model, center="A", metric="dice") for model in ("net", "other"))
    assert (first["ci_low"], first["ci_high"]) == (second["ci_low"], second["ci_high"])


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="segmentations: lacks the columns dice; found: "):
        evaluate_segmentations(scores([0.5]).drop(columns="dice"), cases("A"), SETTINGS, seed=1)
    with pytest.raises(ValueError, match="cases: lacks the columns patient_id"):
        evaluate_segmentations(scores([0.5]), cases("A").drop(columns="patient_id"), SETTINGS, seed=1)
    with pytest.raises(ValueError, match=r"case c0 of centre B is not among the cases \(1 such rows\)"):
        evaluate_segmentations(scores([0.5], center="B"), cases("A"), SETTINGS, seed=1)
    with pytest.raises(ValueError, match="model net, stage supervised, center A, case_id c0, region whole stands"):
        evaluate_segmentations(pd.concat([scores([0.5])] * 2), cases("A"), SETTINGS, seed=1)
