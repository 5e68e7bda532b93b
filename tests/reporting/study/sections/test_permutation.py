"""The section on the permutation test: what stands above the draws, what is stale, and what leaks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from gliomanet.evaluation.analyses.permutation import LEAKS, compare_with_draws
from gliomanet.reporting.study.sections.permutation import section


def with_draws(results, shift: float = 0.0, draws: int = 4):
    """The study's results with draws whose values lie about `shift`."""
    generator = np.random.default_rng(3)
    tables = []
    for _ in range(draws):
        values = shift + generator.normal(scale=0.04, size=len(results.metrics))
        tables.append(results.metrics.assign(value=values))
    permutation, values = compare_with_draws(results.metrics, tables)
    permutation["p"] = permutation["p"].round(6)  # as the table has it
    return replace(results, permutation=permutation, permutation_draws=values)


def test_there_is_none_without_the_test(image_study):
    assert section(image_study) is None


def test_each_task_and_centre_has_its_sentence(image_study):
    made = section(with_draws(image_study))
    assert made is not None
    rows = image_study.metrics.query("metric == 'mcc' and role == 'external' and subset == 'all'")
    known = rows[rows["value"].notna() & ~rows["center"].isin(["pooled", "summary"])]
    for task, center in {*zip(known["task"], known["center"], strict=True)}:
        name = {"idh": "IDH", "codel_1p19q": "1p/19q", "grade": "Grade"}[task]
        assert any(sentence.startswith(f"{name}, {center}") for sentence in made.content["sentences"])
    assert any("above all 4 draws (p = .20)" in sentence for sentence in made.content["sentences"])
    assert made.content["stale"] == made.content["leaks"] == ""
    assert "<svg" in str(made.content["figure_drawn"])


def test_values_below_a_draw_are_told_with_their_p(image_study):
    made = section(with_draws(image_study, shift=2.0))
    assert made is not None
    assert all("above all" not in s or "not above all" in s for s in made.content["sentences"])
    assert any("(p = 1.00)" in sentence for sentence in made.content["sentences"])


def test_draws_of_other_results_are_told(image_study):
    tested = with_draws(image_study)
    other = image_study.metrics.copy()
    first = other.index[other["metric"].eq("mcc") & other["value"].notna() & other["center"].ne("summary")][0]
    other.loc[first, "value"] += 0.1
    made = section(replace(tested, metrics=other))
    assert made is not None
    assert made.content["stale"].startswith("1 of ")


def test_a_leak_is_told(image_study):
    tested = with_draws(image_study)
    leaking = tested.permutation.assign(
        note=pd.Series([LEAKS], index=tested.permutation.index[:1]).reindex(tested.permutation.index).fillna("")
    )
    made = section(replace(tested, permutation=leaking))
    assert made is not None
    assert made.content["leaks"].startswith("With labels dealt at random these are better than chance: ")
