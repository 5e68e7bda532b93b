"""Write the page that a reader opens first, and its figures as files."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.layout import Layout
from gliomanet.pipeline.job_log import log_to
from gliomanet.reporting.study.figures.save import save_figures
from gliomanet.reporting.study.page import write_report
from gliomanet.reporting.study.results import StudyResults

log_to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
files = [Path(file) for file in inputs if file not in {*inputs.templates}]
results = StudyResults.read(Layout(params.results), params.study, files)
write_report(results, Path(snakemake.output.page))
save_figures(results, Path(snakemake.output.forest).parent)
