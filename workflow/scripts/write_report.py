"""Write the page that a reader opens first, and its figures as files."""

from pathlib import Path

from prologue import snakemake

from gliomanet.layout import Layout
from gliomanet.reporting.study.figures.save import save_figures
from gliomanet.reporting.study.page import write_report
from gliomanet.reporting.study.results import StudyResults

inputs, params = snakemake.input, snakemake.params
files = [Path(file) for file in inputs if file not in {*inputs.lists}]
results = StudyResults.read(Layout(params.results), params.study, files)
write_report(results, Path(snakemake.output.page))
save_figures(results, Path(snakemake.output.forest).parent)
