import numpy as np
import pandas as pd
import pytest
import SimpleITK
from scipy.stats import skew

from gliomanet.config.sources import PhantomSource, Scanner, Shortcut
from gliomanet.labels.vocabulary import VOCABULARY
from gliomanet.phantom.appearance import GRADE_SHARES
from gliomanet.phantom.center import simulate_case
from gliomanet.phantom.further_labels import with_further_labels
from gliomanet.phantom.patients import diagnosis_of, plan_center
from gliomanet.phantom.truth import MARKED, SIGNALS, true_labels, truth_table
from gliomanet.tables.cohort import PHANTOM_TRUTH


def test_signals_hold_for_all_and_shortcuts_for_their_centre():
    table = truth_table({"A": PhantomSource(cases=5), "B": PhantomSource(cases=5, shortcut=Shortcut())})
    assert list(table.columns) == PHANTOM_TRUTH.names()
    signals, marks = table[table["kind"] == "signal"], table[table["kind"] == "shortcut"]
    assert len(signals) == len(SIGNALS)
    assert set(signals["center"]) == {"all"}
    assert set(signals["label"]) == set(VOCABULARY)
    assert marks["feature"].tolist() == list(MARKED)
    assert set(marks["center"]) == {"B"}
    assert set(marks["direction"]) == {"+"}
    assert not set(marks["feature"]) & set(signals["feature"])
    assert not table.duplicated(["feature", "region", "label", "center"]).any()


@pytest.mark.parametrize(
    ("label", "value", "sign"),
    [("idh", "wildtype", "-"), ("grade", "4", "+"), ("grade", "2", "-"), ("codel_1p19q", "codeleted", "+")],
)
def test_a_shortcuts_direction_follows_the_positive_class(label, value, sign):
    source = PhantomSource(cases=5, shortcut=Shortcut(label=label, value=value))
    table = truth_table({"A": source})
    assert set(table.loc[table["kind"] == "shortcut", "direction"]) == {sign}


def sign_of_difference(values, positive):
    values, where = np.array(values), np.array(positive)
    return "+" if np.median(values[where]) > np.median(values[~where]) else "-"


def texture(image, mask):
    """pyradiomics' GLCM features (Contrast, Idmn, Correlation) at the study's default bin width, by name."""
    from radiomics.glcm import RadiomicsGLCM

    extractor = RadiomicsGLCM(
        SimpleITK.GetImageFromArray(image.T), SimpleITK.GetImageFromArray(mask.astype(np.uint8).T), binWidth=0.25
    )
    extractor.disableAllFeatures()
    for name in ("Contrast", "Idmn", "Correlation"):
        extractor.enableFeatureByName(name)
    return {name: float(value) for name, value in extractor.execute().items()}


@pytest.fixture(scope="module")
def measured():
    """Features of the whole tumour, by the definitions of pyradiomics: four patients a diagnosis."""
    source = PhantomSource(cases=40, scanner=Scanner(voxel_mm=(4, 4, 4)))
    patients = plan_center("A", source, 1)
    chosen = [p for d in GRADE_SHARES for p in [q for q in patients if diagnosis_of(q.state) == d][:4]]
    rows = []
    for patient in chosen:
        images = simulate_case("A", patient, source, 1)
        mask = images["tumour_mask"].voxels > 0
        row = {"mask_shape_MeshVolume": mask.sum() * 0.064}
        for modality in ("t1c", "t2", "flair"):
            voxels = images[modality].voxels.astype(float)
            brain = voxels > 0
            scored = np.where(brain, (voxels - voxels[brain].mean()) / voxels[brain].std(), 0)
            inside = scored[mask]
            row[f"{modality}_firstorder_Mean"] = inside.mean()
            row[f"{modality}_firstorder_90Percentile"] = np.percentile(inside, 90)
            row[f"{modality}_firstorder_10Percentile"] = np.percentile(inside, 10)
            row[f"{modality}_firstorder_Variance"] = inside.var()
            row[f"{modality}_firstorder_Skewness"] = skew(inside)
            row |= {f"{modality}_glcm_{name}": value for name, value in texture(scored, mask).items()}
        rows.append(row)
    return chosen, rows


@pytest.mark.parametrize(("feature", "label", "sign"), [row[:3] for row in SIGNALS])
def test_every_planted_signal_is_measurable_in_its_direction(measured, feature, label, sign):
    patients, rows = measured
    positive = [getattr(p.state, label) == VOCABULARY[label][-1] for p in patients]
    assert sign_of_difference([row[feature] for row in rows], positive) == sign


def test_the_planted_volume_is_that_of_the_plans():
    patients = plan_center("A", PhantomSource(cases=300), 1)
    volumes = [p.appearance.core_ml * (1 + p.appearance.oedema_ratio) for p in patients]
    assert ("mask_shape_MeshVolume", "grade", "+") in {row[:3] for row in SIGNALS}
    assert sign_of_difference(volumes, [p.state.grade == "4" for p in patients]) == "+"


def test_true_labels_hold_what_the_case_table_leaves_out():
    source = PhantomSource(cases=12, missing_labels=0.5)
    truth = true_labels({"A": source, "B": PhantomSource(cases=3)}, 4)
    assert truth.groupby("center").size().to_dict() == {"A": 12, "B": 3}
    assert (truth[list(VOCABULARY)] != "").to_numpy().all()
    patients = plan_center("A", source, 4)
    assert any(patient.missing_labels for patient in patients)
    assert truth.loc[truth["center"] == "A", list(VOCABULARY)].to_numpy().tolist() == [list(p.state) for p in patients]
    assert truth.loc[truth["center"] == "A", "case_id"].tolist() == [p.case_id for p in patients]


def test_true_labels_hold_the_further_ones_that_the_case_table_leaves_out():
    labels = {"mgmt": ("unmethylated", "methylated"), "ki67": ("low", "middle", "high")}
    source = PhantomSource(cases=40, missing_labels=0.5)
    truth = true_labels({"A": source, "B": PhantomSource(cases=3)}, 4, labels)
    assert truth.columns.tolist() == ["center", "case_id", *VOCABULARY, *labels]
    mine = truth[truth["center"] == "A"].reset_index(drop=True)
    read = with_further_labels(mine[["case_id"]], labels, "A", source, 4)
    for label, values in labels.items():
        assert set(mine[label]) == set(values)
        known = read[label] != ""
        assert 10 < known.sum() < 30
        assert read.loc[known, label].equals(mine.loc[known, label])
    pd.testing.assert_frame_equal(
        truth.drop(columns=list(labels)), true_labels({"A": source, "B": PhantomSource(cases=3)}, 4)
    )
