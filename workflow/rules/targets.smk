# `snakemake center_<ID>`: everything of one centre, from its case table to its predictions.

for center in CENTERS:

    rule:
        name:
            f"center_{center}"
        input:
            cohort_tables(center),
            qc_tables(center),
            quality_pages(center),
            radiomics_tables(center),
            expand(
                str(rules.combine_predictions.output.predictions),
                model=MODELS if center in PREDICTED else [],
                center=center,
            ),
            expand(
                str(rules.segment_center.output.table),
                model=SEGMENTING if center in PREDICTED else [],
                center=center,
            ),
            subset_predictions(center),
