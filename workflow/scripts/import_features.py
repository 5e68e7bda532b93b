"""Import one centre's feature table."""

from prologue import snakemake

from gliomanet.cohort.read_center import center_request
from gliomanet.cohort.sources.features import Features
from gliomanet.config.centers import Center
from gliomanet.labels.vocabulary import vocabulary_of
from gliomanet.radiomics.ratios import with_ratios
from gliomanet.tables.cohort import RADIOMICS
from gliomanet.tables.io import write_table

params, center = snakemake.params, Center.model_validate(snakemake.params.center)
request = center_request(snakemake.wildcards.center, center, params.data_root, vocabulary_of(params.labels))
_, features = Features(request).read_with_features()
features = with_ratios(features) if params.ratios else features
write_table(features, snakemake.output.features, RADIOMICS, exact=True)
