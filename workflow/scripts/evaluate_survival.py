"""Turn what became of the patients into reference curves of groups, and a Cox baseline beside the age alone."""

import pandas as pd
from prologue import snakemake

from gliomanet.evaluation.survival.cox import cox_baseline
from gliomanet.evaluation.survival.patients import survival_patients, tumour_volumes
from gliomanet.evaluation.survival.reference_curves import reference_curves
from gliomanet.tables.io import read_table, read_tables, write_table
from gliomanet.tables.survival import SURVIVAL_CURVES, SURVIVAL_GROUPS, SURVIVAL_HAZARDS, SURVIVAL_MODELS

params, inputs, output = snakemake.params, snakemake.input, snakemake.output
confidence, resamples = params.settings["confidence"], params.settings["resamples"]
outcomes = read_tables(inputs.outcomes)
measured = zip(params.followed, inputs.volumes, strict=True)
volumes = pd.concat([tumour_volumes(center, read_table(path)) for center, path in measured])
found = reference_curves(outcomes, volumes, confidence)
patients = survival_patients(outcomes, volumes)
baseline = cox_baseline(patients, params.scenarios, confidence, resamples, params.seed)
write_table(found.groups, output.groups, SURVIVAL_GROUPS)
write_table(found.curves, output.curves, SURVIVAL_CURVES)
write_table(baseline.models, output.models, SURVIVAL_MODELS)
write_table(baseline.hazards, output.hazards, SURVIVAL_HAZARDS)
