"""Draw a case of low and one of high value for the strongest kept biomarkers of a model."""

from pathlib import Path

from prologue import snakemake

from gliomanet.files.atomic import write_atomically
from gliomanet.reporting.study.figures.examples import chosen_examples, draw_examples
from gliomanet.tables.io import read_table

inputs, params = snakemake.input, snakemake.params
radiomics = {Path(path).stem: read_table(path) for path in inputs.radiomics}
examples = chosen_examples(read_table(inputs.biomarkers), radiomics)
folders = {center: Path(params.preprocessed) / center for center in radiomics}
write_atomically(Path(snakemake.output.picture), draw_examples(examples, folders, params.regions))
