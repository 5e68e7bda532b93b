"""Further labels of phantoms: seeded, and of nothing else."""

import pandas as pd

from gliomanet.config.sources import PhantomSource
from gliomanet.phantom.further_labels import with_further_labels
from gliomanet.phantom.ids import case_ids

LABELS = {"mgmt": ("unmethylated", "methylated"), "ki67": ("low", "middle", "high")}


def deal(source, labels=LABELS, seed=1, center="A", shuffled=False):
    cases = pd.DataFrame({"case_id": case_ids(center, source), "idh": "mutant"})
    cases = cases.assign(**{f"{label}{end}": "" for label in labels for end in ("", "_source", "_raw")})
    return with_further_labels(cases.iloc[::-1] if shuffled else cases, labels, center, source, seed)


def test_values_are_equally_likely_and_as_unknown_as_the_source_says():
    dealt = deal(PhantomSource(cases=3000, missing_labels=0.2))
    assert abs(dealt["mgmt"].eq("").mean() - 0.2) < 0.03
    assert dealt["idh"].eq("mutant").all()
    for label, values in LABELS.items():
        known = dealt.loc[dealt[label] != "", label]
        assert set(known) == set(values)
        assert known.value_counts(normalize=True).sub(1 / len(values)).abs().max() < 0.04
        assert dealt[f"{label}_source"].eq("measured").equals(dealt[label].ne(""))
        assert dealt[f"{label}_raw"].equals(dealt[label])
    together = pd.crosstab(dealt["mgmt"], dealt["ki67"], normalize=True)
    assert abs(together.loc["methylated", "high"] - 0.8 * 0.8 / 6) < 0.02


def test_a_cases_value_depends_on_seed_centre_case_and_label_alone():
    source = PhantomSource(cases=60)
    dealt = deal(source)
    assert deal(source, shuffled=True).sort_index().equals(dealt)
    assert deal(source, {"mgmt": LABELS["mgmt"]})["mgmt"].equals(dealt["mgmt"])
    assert deal(PhantomSource(cases=90))["ki67"].head(60).equals(dealt["ki67"])
    assert not deal(source, seed=2)["mgmt"].equals(dealt["mgmt"])
    assert not deal(source, center="B")["mgmt"].equals(dealt["mgmt"])
    assert dealt["mgmt"].ne("").all()


def test_without_further_labels_the_table_stays_as_it_is():
    source = PhantomSource(cases=3)
    assert deal(source, {}).columns.tolist() == ["case_id", "idh"]
