"""Write the page that a reader opens first, figures, checklists, and the record of what the results were made with."""

from pathlib import Path

from prologue import snakemake

from gliomanet.layout import Layout
from gliomanet.reporting.study.figures.save import save_figures
from gliomanet.reporting.study.guidelines.markdown import write_checklists
from gliomanet.reporting.study.page import write_report
from gliomanet.reporting.study.results import StudyResults
from gliomanet.study_record import StudyRecord

inputs, params = snakemake.input, snakemake.params
files = [Path(file) for file in inputs if file not in {*inputs.lists}]
layout = Layout(params.results)
results = StudyResults.read(layout, params.study, files)
write_report(results, Path(snakemake.output.page))
write_checklists(results, Path(snakemake.output.checklists[0]).parent)
save_figures(results, Path(snakemake.output.forest).parent)
record = StudyRecord.of(
    params.study, params.codes, params.evaluation_seed, params.hidden_centers, params.fits, files, layout.results
)
record.write(Path(snakemake.output.study))
