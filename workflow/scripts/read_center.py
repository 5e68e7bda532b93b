"""Read one centre's case table, harmonised."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.cohort.features import read_feature_center
from gliomanet.cohort.splits import shuffle_labels
from gliomanet.cohort.table import read_case_table, without_labels
from gliomanet.joblog import log_to
from gliomanet.tables import write_table

log_to(snakemake.log[0])
name, center = snakemake.wildcards.center, snakemake.params.center
match center["source"]["kind"]:
    case "features":
        tables = (Path(snakemake.input.table), Path(snakemake.input.clinical))
        cases, _ = read_feature_center(name, center["role"], *tables, center["source"]["format"])
    case "table":
        root = Path(snakemake.params.files_root) if snakemake.params.files_root else None
        cases = read_case_table(Path(snakemake.input.table), name, center["role"], root)
    case "phantom":
        cases = read_case_table(Path(snakemake.input.phantom) / "cases.tsv", name, center["role"])
if center["role"] == "unlabelled":
    cases = without_labels(cases)
if snakemake.params.shuffle_seed is not None:
    cases = shuffle_labels(cases, snakemake.params.shuffle_seed)
write_table(cases, snakemake.output.cases)
