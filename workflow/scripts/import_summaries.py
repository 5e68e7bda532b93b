"""Take the summaries from the folder that a hospital sent."""

from pathlib import Path

from prologue import snakemake

from gliomanet.cohort.site_export import SiteExport
from gliomanet.tables.io import write_table
from gliomanet.tables.site import SITE_EFFECTS, SITE_QUALITY

export = SiteExport.open(Path(snakemake.params.folder))
for name, schema in {"effects": SITE_EFFECTS, "quality": SITE_QUALITY}.items():
    write_table(export.table(schema), snakemake.output[name], schema, exact=True)
