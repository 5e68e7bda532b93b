"""A study that adds MGMT as a label: the same jobs, told of one more task."""

from __future__ import annotations

from pathlib import Path

from gliomanet.tables.io import read_table
from tests.workflow.conftest import IMAGE_NET, LOGISTIC, phantom, study

LABELS = {"mgmt": ["unmethylated", "methylated"]}
MGMT = {"label": "mgmt", "classes": {"unmethylated": ["unmethylated"], "methylated": ["methylated"]}}
IDH = {"label": "idh", "classes": {"wildtype": ["wildtype"], "mutant": ["mutant"]}}
MODALITIES = ("t1", "t1c", "t2", "flair")


def test_a_study_of_images_with_mgmt(snakemake):
    only_mgmt = {"kind": "singletask", "tasks": ["mgmt"], "preset": "tiny", "input_shape": [32, 32, 32]}
    models = {"net": {**IMAGE_NET, "stages": ["supervised"]}, "only-mgmt": only_mgmt}
    centers = {"A": phantom(), "B": phantom("external"), "U": phantom("unlabelled")}
    run = snakemake(study(labels=LABELS, tasks={"idh": IDH, "mgmt": MGMT}, models=models, centers=centers))
    assert run.status == 0, run.text
    assert [(job.wildcards["model"], job.wildcards["stage"]) for job in run.of("train_image")].count(
        ("only-mgmt", "pseudo_label")
    ) == 2
    assert {job.wildcards["model"] for job in run.of("find_biomarkers")} == set(models)
    assert (run.count("build_case_table"), run.count("evaluate"), run.count("write_report")) == (3, 1, 1)


def test_a_tabular_study_with_mgmt(snakemake, feature_center, tmp_path):
    config = study(
        labels=LABELS,
        tasks={"mgmt": MGMT},
        centers={"P": feature_center("P"), "Q": feature_center("Q", role="external")},
        models={"logistic": LOGISTIC},
    )
    run = snakemake(config)
    # The clinical table has no MGMT: told before any job.
    assert run.status != 0
    assert "has the role train, but none of its 6 cases has a label of mgmt" in run.text
    clinical = Path(config["centers"]["P"]["source"]["clinical"])
    header, *rows = clinical.read_text(encoding="utf-8").splitlines()
    values = ("methylated", "unmethylated", "NA")
    lines = [f"{header}\tMGMT", *(f"{row}\t{values[number % 3]}" for number, row in enumerate(rows))]
    clinical.write_text("\n".join(lines) + "\n", encoding="utf-8")
    run = snakemake(config)
    assert run.status == 0, run.text
    assert run.count("import_features") == 2
    tables = ("results/cohort/P.tsv", "results/radiomics/P.tsv")
    run = snakemake(config, "--cores", "1", *tables)
    assert run.status == 0, run.text
    cases, features = (read_table(tmp_path / table) for table in tables)
    assert cases["mgmt"].tolist() == ["methylated", "unmethylated", ""] * 2
    assert features["case_id"].tolist() == cases["case_id"].tolist()


def test_centres_give_their_further_labels_and_phantoms_draw_theirs(snakemake, tmp_path):
    cells = ("POSITIVE", "negative", "")
    for number in range(3):
        (tmp_path / f"{number}.nii").touch()
    rows = [f"h{number}\t{number}.nii\tmutant\t{cell}\n" for number, cell in enumerate(cells)]
    (tmp_path / "cases.tsv").write_text("".join(("case_id\tt1c\tidh\tmgmt\n", *rows)), encoding="utf-8")
    hospital = {"role": "train", "source": {"kind": "table", "path": str(tmp_path / "cases.tsv")}}
    config = study(labels=LABELS, tasks={"mgmt": MGMT}, centers={"A": phantom(cases=20), "H": hospital})
    run = snakemake(config, "--cores", "1", "results/cohort/A.tsv", "results/cohort/H.tsv")
    assert run.status == 0, run.text
    assert run.rules == {"build_case_table", "simulate_center"}
    read = read_table(tmp_path / "results/cohort/H.tsv")
    assert read["mgmt"].tolist() == ["methylated", "unmethylated", ""]
    assert read["mgmt_raw"].tolist() == ["POSITIVE", "negative", ""]
    drawn = read_table(tmp_path / "results/cohort/A.tsv")
    assert set(drawn["mgmt"]) == {"methylated", "unmethylated"}
    assert drawn["mgmt_source"].eq("measured").all()
