"""The DAG with a hospital that keeps its scans: its rows and summaries, and no job on images of it."""

from __future__ import annotations

from tests.sent_site import make_folder
from tests.workflow.conftest import phantom, study


def sent(folder, role="external"):
    return {"role": role, "source": {"kind": "predictions", "path": str(folder)}}


def test_a_hospital_that_keeps_its_scans_has_rows_and_no_images(snakemake, tmp_path):
    folder = make_folder(tmp_path / "from H", 6)
    config = study(centers={"A": phantom(), "B": phantom("external"), "H": sent(folder)})
    segmenting = {"kind": "mttunet", "preset": "tiny", "input_shape": [32, 32, 32], "stages": ["supervised"]}
    config["models"] = {"net": segmenting, "logistic": {"kind": "logistic"}}
    run = snakemake({**config, "evaluation": {"modality_subsets": True}})
    assert run.status == 0, run.text
    of_it = {job.rule for job in run.jobs if job.wildcards.get("center") == "H"}
    rules = {"build_case_table", "select_columns", "split_external", "import_predictions", "import_summaries"}
    assert of_it == rules | {"combine_predictions"}
    assert {job.wildcards["model"] for job in run.of("import_predictions")} == {"net", "logistic"}
    assert all("H" not in job.wildcards.values() for job in run.of("import_predictions") if not job.input)
    (job,) = [job for job in run.of("collect_predictions") if job.wildcards["model"] == "net"]
    assert "results/predictions/net/H.tsv" in job.input
    for job in run.of("find_biomarkers"):
        assert "results/sites/H.effects.tsv" in job.input
        assert "results/radiomics/H.tsv" not in job.input


def test_what_a_hospital_sends_anew_repeats_its_own_jobs_alone(snakemake, tmp_path):
    folder = make_folder(tmp_path / "from H", 6)
    config = study(centers={"A": phantom(), "H": sent(folder)}, models={"logistic": {"kind": "logistic"}})
    target = "results/cohort/H.tsv"
    assert snakemake(config, "--cores", "1", target).status == 0
    assert snakemake(config, "-n", target).count("build_case_table") == 0
    make_folder(folder, 9)
    assert snakemake(config, "-n", target).count("build_case_table") == 1


def test_a_changed_folder_and_a_hospital_that_would_train_stop_at_once(snakemake, tmp_path):
    folder = make_folder(tmp_path / "from H", 6)
    run = snakemake(study(centers={"A": phantom(), "H": sent(folder, "train")}))
    assert run.status != 0
    assert "give it the role external" in run.text
    (folder / "labels.tsv").write_text("row_key\n")
    run = snakemake(study(centers={"A": phantom(), "H": sent(folder)}))
    assert run.status != 0
    assert "is not what the hospital confirmed" in run.text
