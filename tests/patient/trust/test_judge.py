"""The judgement of a case beside training cases that are made up: the rate, the reasons, and what is not judged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gliomanet.modalities import MODALITIES
from gliomanet.patient.statements.statement import state
from gliomanet.patient.trust.judge import judge
from gliomanet.patient.trust.metrics import METRICS, metrics_of
from gliomanet.patient.trust.reference import VALUES, TrustReference
from tests.patient.trust.training_cases import CASES, deep_rows, fitted, looks


@pytest.fixture(scope="module")
def reference() -> TrustReference:
    return fitted()


def look_of(row) -> dict[str, float]:
    return {name: float(row[name]) for name in METRICS}


def said(reference, look, deep=None, *, modalities=MODALITIES, lacks=(), flags=()):
    own = {name: look[name] for name in metrics_of(modalities) if name in look}
    return judge(reference, own, modalities, deep or {}, lacks={"net": list(lacks)}, flags=flags)


def test_good_cases_alarm_as_often_as_is_stated_with_any_modalities(reference):
    rng = np.random.default_rng(4)
    for modalities in (MODALITIES, ("flair",)):
        found = [
            said(reference, look_of(row), modalities=modalities) for row in looks(rng, 400, "n").to_dict("records")
        ]
        assert found[0].false_alarms == 0.05
        assert 0.02 < np.mean([one.verdict != "usable" for one in found]) < 0.09, modalities


def test_the_worst_metric_is_named_with_its_value_its_range_and_what_to_think_of(reference):
    look = dict.fromkeys(METRICS, 10.0) | {"explained_t2": -50.0, "fluid_t1": 16.5}
    trust = said(reference, look)
    assert trust.verdict == "do not use"
    first, worst, next_one = trust.reasons
    assert first.code == "trust.look_far"
    assert worst.text.startswith("Share of T2's variance that the atlas's tissues explain is -50; nine in ten")
    assert worst.text.endswith(state("think_of.no_head").text)
    assert next_one.text.startswith(METRICS["fluid_t1"].says.text)
    assert {one.metric for one in trust.checks if one.alarm} == {"explained_t2", "fluid_t1"}
    assert trust.distances[0].p == pytest.approx(1 / (CASES + 1))


def test_a_metric_that_is_good_is_no_reason(reference):
    assert said(reference, dict.fromkeys(METRICS, 10.0) | {"explained_t2": 50.0, "flat_t1": -50.0}).verdict == "usable"


def test_a_lesion_that_only_the_network_finds_odd_is_told(reference):
    rng = np.random.default_rng(5)
    odd = pd.concat([deep_rows(rng, ["p"], fold).assign(z2=4.6) for fold in "01"])
    trust = said(reference, dict.fromkeys(METRICS, 10.0), {"net": odd})
    assert trust.verdict != "usable"
    assert trust.reasons[0].code.startswith("trust.deep_")
    assert "net" in trust.reasons[0].text
    assert trust.false_alarms == pytest.approx(0.05)
    assert [one.alarm_at for one in trust.distances] == [0.025, 0.025]
    lacking = said(reference, dict.fromkeys(METRICS, 10.0), {"net": odd}, lacks=["flair"])
    assert lacking.verdict == "usable"
    assert state("trust.deep_does_not_count", model="net", modalities=("flair",)) in lacking.notes
    assert [one.counts for one in lacking.distances] == [True, False]


def test_what_preprocessing_flags_is_looked_at_first(reference):
    trust = said(reference, dict.fromkeys(METRICS, 10.0), flags=["t1 covers 90% of the brain"])
    assert trust.verdict == "look first"
    assert trust.reasons == (state("trust.flag", flag="t1 covers 90% of the brain"),)


def test_without_a_reference_nothing_is_judged_and_that_is_said(tmp_path):
    assert TrustReference.read(tmp_path) is None
    trust = said(None, dict.fromkeys(METRICS, 10.0))
    assert (trust.verdict, trust.false_alarms) == ("not judged", None)
    assert trust.notes
    empty = TrustReference.fit(
        pd.DataFrame(columns=["center", "case_id"]),
        pd.DataFrame(columns=["center", "case_id", "patient_id", "fold", "part"]),
        {},
    )
    assert said(empty, {}).verdict == "not judged"
    assert said(empty, {}).notes[0] == state("trust.look_few", fewest=10)


def test_a_case_that_nothing_counts_for_is_not_judged(reference):
    """The network lacks a modality, and the look of no training case was measured."""
    odd = pd.concat([deep_rows(np.random.default_rng(5), ["p"], fold) for fold in "01"])
    trust = said(replace(reference, looks={}), dict.fromkeys(METRICS, 10.0), {"net": odd}, lacks=["flair"])
    assert (trust.verdict, trust.false_alarms) == ("not judged", None)
    assert state("trust.none_alike") in trust.notes


def test_a_bundle_keeps_it_to_the_last_bit_and_names_no_case(reference, tmp_path):
    reference.write(tmp_path)
    again = TrustReference.read(tmp_path)
    rng = np.random.default_rng(6)
    deep = {"net": pd.concat([deep_rows(rng, ["p"], fold) for fold in "01"])}
    look = look_of(looks(rng, 1, "n").iloc[0])
    assert said(again, look, deep) == said(reference, look, deep)
    assert b"secret" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert (tmp_path / VALUES).is_file()
