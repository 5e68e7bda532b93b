# `snakemake center_<ID>`: everything of one centre, from its case table to its predictions.

for center in PLAN.centers:
    # of an unlabelled centre nothing is predicted
    predicting = PLAN.models if center in PLAN.predicted_centers else []
    segmenting = PLAN.segmenting_models if center in PLAN.seen_centers else []
    measured = [] if center in PLAN.sent_centers else [LAYOUT.radiomics(center)]

    rule:
        name:
            f"center_{center}"
        input:
            LAYOUT.case_table(center),
            of_images(LAYOUT.qc, center),
            of_images(LAYOUT.qc_pages, center),
            measured,
            [LAYOUT.center_predictions(model, center) for model in predicting],
            [LAYOUT.segmentation_scores(model, center) for model in segmenting],
            subset_predictions(center),
