"""Reference curves: of made-up patients beside lifelines, and of the public collections beside published figures."""

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times

from gliomanet.cohort.read_center import center_request
from gliomanet.cohort.sources.registry import source_of
from gliomanet.config.centers import Center
from gliomanet.evaluation.survival.patients import MONTH, survival_patients, tumour_volumes
from gliomanet.evaluation.survival.reference_curves import FEWEST_AT_RISK, TOO_FEW, reference_curves
from gliomanet.labels.vocabulary import vocabulary_of
from gliomanet.tables.cohort import OUTCOMES
from gliomanet.tables.survival import SURVIVAL_CURVES, SURVIVAL_GROUPS
from tests.evaluation.survival.cohorts import outcomes

NO_VOLUMES = pd.DataFrame({"center": [], "case_id": [], "tumour_volume_ml": []})


def of(table, **names):
    """The one row, or the rows of one curve, of a group: any age, resection and label, unless it is named."""
    names = {"age_band": "all", "resection": "all", "label": "all", **names}
    return table[np.logical_and.reduce([table[column].eq(value) for column, value in names.items()])]


def test_a_group_is_estimated_as_lifelines_does():
    cases = outcomes("A", 120, 1)
    found = reference_curves(cases, NO_VOLUMES, 0.9)
    SURVIVAL_GROUPS.check(found.groups)
    SURVIVAL_CURVES.check(found.curves)
    months, died = cases["os_days"] / MONTH, cases["os_event"].eq("1")
    fit = KaplanMeierFitter(alpha=0.1).fit(months, died)
    row = of(found.groups, group="glioblastoma, IDH-wildtype, grade 4").iloc[0]
    assert (row["n"], row["deaths"]) == (120, died.sum())
    assert row["median_months"] == pytest.approx(fit.median_survival_time_)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(median_survival_times(fit.confidence_interval_).iloc[0])
    assert row["survival_1y"] == pytest.approx(fit.predict(12.0))
    curve = of(found.curves, group="IDH-wildtype")
    assert curve["survival"].tolist() == pytest.approx(fit.predict(curve["month"].astype(float)).tolist())
    bounds = fit.confidence_interval_.iloc[np.searchsorted(fit.timeline, curve["month"], side="right") - 1]
    assert curve["ci_low"].tolist()[1:] == pytest.approx(bounds.iloc[1:, 0].tolist())
    assert curve["at_risk"].tolist() == [(months >= month).sum() for month in curve["month"]]
    assert curve["at_risk"].min() >= FEWEST_AT_RISK


def test_few_deaths_give_no_median_and_few_patients_no_row():
    few = outcomes("A", 12, 2).assign(os_event=["1"] * 9 + ["0"] * 3)
    row = of(reference_curves(few, NO_VOLUMES, 0.95).groups, group="IDH-wildtype").iloc[0]
    assert (row["deaths"], row["note"]) == (9, TOO_FEW)
    assert row[["median_months", "ci_low", "ci_high"]].isna().all()
    assert reference_curves(few.iloc[:9], NO_VOLUMES, 0.95).groups.empty


def test_strata_centres_and_what_is_unknown():
    a, b = outcomes("A", 100, 3).assign(mgmt="methylated", mgmt_source="measured"), outcomes("B", 100, 4)
    a.loc[0, "os_event"], a.loc[1, "os_days"] = "", np.nan
    a.loc[2, "scan"] = "follow_up"
    a.loc[3, "patient_id"] = a.loc[4, "patient_id"]
    groups = reference_curves(pd.concat([a, b.assign(mgmt="", mgmt_source="")]), NO_VOLUMES, 0.95).groups
    whole = {row["center"]: row for row in of(groups, group="IDH-wildtype").to_dict("records")}
    assert {center: (row["n"], row["n_unknown"]) for center, row in whole.items()} == {
        "A": (96, 2),
        "B": (100, 0),
        "pooled": (196, 2),
    }
    assert of(groups, group="IDH-wildtype", center="A", label="mgmt methylated")["n"].tolist() == [96]
    assert of(groups, group="IDH-wildtype", center="B", label="mgmt methylated").empty
    by_resection = groups[(groups["center"] == "B") & groups["resection"].ne("all") & groups["age_band"].eq("all")]
    assert by_resection[by_resection["group"] == "IDH-wildtype"]["n"].sum() == 100


def test_volumes_of_images_and_of_features():
    qc = pd.DataFrame({"case_id": ["a"], "center": ["A"], "tumour_volume_ml": [31.5], "status": ["ok"]})
    features = pd.DataFrame(
        {"case_id": ["a", "a"], "region": ["whole", "core"], "mask_shape_MeshVolume": [31_400.0, 9.0]}
    )
    assert tumour_volumes("A", qc).to_numpy().tolist() == [["A", "a", 31.5]]
    assert tumour_volumes("A", features).to_numpy().tolist() == [["A", "a", 31.4]]
    assert tumour_volumes("A", features.drop(columns="mask_shape_MeshVolume"))["tumour_volume_ml"].isna().all()


def published(shared_data, center, collection, tables):
    labels = {"mgmt": ["unmethylated", "methylated"]}
    source = {"kind": "features", "format": collection}
    source |= {"path": f"{shared_data}/{tables[0]}", "clinical": f"{shared_data}/{tables[1]}"}
    settings = Center.model_validate({"role": "train", "source": source})
    request = center_request(center, settings, "", vocabulary_of(labels))
    cases, _ = source_of(request).read()
    return cases[OUTCOMES.names(label=["mgmt"])]


GBM, WILDTYPE = "glioblastoma, IDH-wildtype, grade 4", "IDH-wildtype"
# Group → n, deaths, median and its interval in months: computed from the public tables by another program.
PUBLISHED = {
    ("UCSF", GBM): (367, 223, 16.4, 14.7, 19.7),
    ("UCSF", GBM, "resection", "gross_total"): (214, 122, 20.8, 17.9, 24.8),
    ("UCSF", GBM, "resection", "subtotal"): (112, 73, 15.1, 10.8, 17.5),
    ("UCSF", GBM, "resection", "biopsy"): (41, 28, 7.9, 3.0, 11.0),
    ("UCSF", GBM, "label", "mgmt methylated"): (246, 146, 18.2, 15.5, 21.5),
    ("UCSF", GBM, "label", "mgmt unmethylated"): (104, 66, 14.1, 12.7, 19.4),
    ("UCSF", GBM, "age_band", ">70"): (92, 61, 10.3, 6.8, 12.6),
    ("UPENN", WILDTYPE): (499, 482, 13.8, 12.6, 14.8),
    ("UPENN", WILDTYPE, "resection", "gross_total"): (292, 283, 16.2, 14.6, 17.7),
    ("UPENN", WILDTYPE, "resection", "not_gross_total"): (183, 177, 9.5, 7.7, 12.1),
    ("UPENN", WILDTYPE, "label", "mgmt methylated"): (104, 97, 19.7, 16.3, 23.2),
    ("UPENN", WILDTYPE, "label", "mgmt unmethylated"): (151, 150, 12.3, 9.8, 13.9),
    ("UPENN", WILDTYPE, "age_band", "≤50"): (51, 47, 20.3, 14.9, 26.5),
}


def test_the_public_collections(shared_data):
    tables = [
        published(shared_data, center, collection, (f"real-radiomics/{features}.csv", f"clinical/{clinical}.csv"))
        for center, collection, features, clinical in (
            ("UCSF", "ucsf-pdgm", "UCSF-PDGM", "UCSF-PDGM-metadata_v5"),
            ("UPENN", "upenn-gbm", "UPENN-GBM", "UPENN-GBM_clinical_info_v2.1"),
        )
    ]
    groups = reference_curves(pd.concat(tables), NO_VOLUMES, 0.95).groups
    for (center, group, *stratum), figures in PUBLISHED.items():
        named = {stratum[0]: stratum[1]} if stratum else {}
        row = of(groups, center=center, group=group, **named).iloc[0]
        assert (row["n"], row["deaths"]) == figures[:2]
        assert row[["median_months", "ci_low", "ci_high"]].tolist() == pytest.approx(figures[2:], abs=0.06)
    few = groups[(groups["center"] == "UCSF") & groups["group"].str.contains("IDH-mutant, ")]
    assert len(few)
    assert few["note"].eq(TOO_FEW).all()
    assert few["median_months"].isna().all()


def test_the_first_scan_before_treatment_stands_for_a_patient():
    cases = outcomes("A", 3, 5).assign(patient_id=["p", "p", "q"])
    cases.loc[0, "scan"] = "post_operative"
    assert survival_patients(cases, NO_VOLUMES)["case_id"].tolist() == ["A-001", "A-002"]
