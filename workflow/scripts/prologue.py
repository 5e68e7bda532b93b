"""First import of every script: the library is put on the path, what the job says into its log, and its cost beside it.

Under conda `PYTHONPATH` is deleted, so scripts find the library from where they lie. Snakemake puts their folder on the
path, and the job into the script's own namespace, which is `__main__`.
"""

import sys
from pathlib import Path

import __main__

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.layout import benchmark_of
from gliomanet.pipeline.job_log import log_to, measure_into

snakemake = getattr(__main__, "snakemake", None)
if snakemake is not None:  # processes that a script starts import it as well, and write to the log that they inherit
    log_to(snakemake.log[0])
    measure_into(benchmark_of(snakemake.log[0]))
