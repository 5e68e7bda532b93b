"""Take a model's rows from the folder that a hospital sent."""

from pathlib import Path

from prologue import snakemake

from gliomanet.cohort.site_export import SiteExport
from gliomanet.models.ensemble import EnsembleDescription
from gliomanet.patient.export.taken import Fit, taken_predictions
from gliomanet.tables.io import read_tables, write_table
from gliomanet.tables.prediction import FOLD_PREDICTIONS

params, names = snakemake.params, snakemake.wildcards
rows = taken_predictions(
    SiteExport.open(Path(params.folder)),
    model=names.model,
    center=names.center,
    fits=[Fit(**one) for one in params.members],
    ensemble=EnsembleDescription.read(Path(snakemake.input.ensemble)),
    splits=read_tables(snakemake.input.splits),
    shuffled=params.shuffled,
)
write_table(rows, snakemake.output.predictions, FOLD_PREDICTIONS, exact=True)
