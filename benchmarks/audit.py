"""How the cohort's table, its audit and the inspection of images grow with the number of cases.

    python benchmarks/audit.py [--cases 500] [--folder FOLDER]

Simulates a centre of phantoms once (a reused FOLDER spares that), reads its table, runs the audit's rules,
inspects every image file and compares every pair of heads, for an eighth, a quarter, a half and all of the cases.
"""

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

os.environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = "1"

from gliomanet.audit.fingerprint import same_head_pairs
from gliomanet.audit.images import inspect_case
from gliomanet.audit.tables import audit_cases
from gliomanet.cohort.table import read_case_table
from gliomanet.config.load import load_study
from gliomanet.config.sources import PhantomSource
from gliomanet.phantom.center import simulate_center

CENTER = "P500"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="gliomanet-audit-"))
    source = {"cases": arguments.cases, "scanner": {"voxel_mm": [3, 3, 3]}, "missing_labels": 0.1}
    if not (folder / "cases.tsv").is_file():
        simulate_center(CENTER, PhantomSource.model_validate(source), 7, folder, report=lambda _line: None)
    center = {"role": "train", "source": {"kind": "table", "path": str(folder / "cases.tsv")}}
    stripped = {"coregistration": False, "brain_extraction": "none"}
    study = load_study(
        {"centers": {CENTER: {**center, "preprocessing": stripped}}, "models": {"m": {"kind": "logistic"}}}
    )

    started = time.process_time()
    cases = read_case_table(folder / "cases.tsv", CENTER, "train").head(arguments.cases)
    print(f"reading the table of {len(cases)} cases: {time.process_time() - started:.2f} s of CPU")
    prints, spent, graver = {}, 0.0, 0
    print("cases  rules (s)  images (s)  a case (s)  pairs (s)  same heads  above a note  peak memory (GB)")
    for number in sorted({len(cases) // share for share in (8, 4, 2, 1)}):
        some = cases.head(number)
        started = time.process_time()
        findings = audit_cases(study, some)
        rules = time.process_time() - started
        started = time.process_time()
        for row in some.iloc[len(prints) :].to_dict("records"):
            found, prints[row["case_id"]] = inspect_case(row, study.preprocessing_of(CENTER))
            graver += sum(finding.severity != "note" for finding in found)
        spent += time.process_time() - started
        started = time.process_time()
        pairs = same_head_pairs({(CENTER, case): own for case, own in prints.items()})
        compared = time.process_time() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        worse = graver + sum(finding.severity != "note" for finding in findings)
        print(
            f"{number:5d}  {rules:9.2f}  {spent:10.1f}  {spent / number:10.2f}  {compared:9.2f}  {len(pairs):10d}"
            f"  {worse:12d}  {peak:16.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
