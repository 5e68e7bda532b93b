# Which files a job reads, where that takes more than a lambda: in the order of the stages. Only files that jobs make:
# a path would count, so users' files are parameters, by content (counted.smk).

# folders that jobs leave
#
# Of a folder that a job leaves, the small file that lists its contents says whether it is new: its date says nothing,
# since copying a project renews it. So folders are ancient, each beside its contents, and never alone: a change further
# up would not reach who reads it.


def made_folders(center, *cases):
    """The folders that jobs leave images in: the centre's own, or one per case, of some cases or of all."""
    for case in cases:
        if case not in CASES[center]:
            raise WorkflowError(f"{case!r} is no case of {center}")
    source = STUDY.centers[center].source
    if source.table_by_job:
        return [ancient(LAYOUT.phantom(center))]
    if source.images_by_job:
        each = cases or CASES[center]
        return [ancient(LAYOUT.converted(center, case)) for case in each]
    return []


def made_contents(center, *cases):
    """What lists the contents of `made_folders`."""
    source = STUDY.centers[center].source
    if source.table_by_job:
        return [LAYOUT.phantom_contents(center)]
    if source.images_by_job:
        each = cases or CASES[center]
        return [LAYOUT.converted_contents(center, case) for case in each]
    return []


# centres' tables and images: what fits and predictions read of a case table is a table of its own


def case_tables(*centers):
    return [LAYOUT.case_table(center) for center in centers]


def label_tables(*centers):
    return [LAYOUT.labels(center) for center in centers]


def age_tables(model, *centers):
    """The ages of some centres' cases, for a model that reads them."""
    return [LAYOUT.ages(c) for c in centers] if PLAN.reads(model, "age") else []


def sex_tables(model, *centers):
    """The sexes of some centres' cases, for a model that reads them."""
    return [LAYOUT.sexes(c) for c in centers] if PLAN.reads(model, "sex") else []


def case_folders(*centers):
    """The preprocessed folder of every case of some centres: beside `case_lists`."""
    return [
        ancient(LAYOUT.case(center, case))
        for center in centers
        for case in CASES[center]
    ]


def case_lists(*centers):
    """The tables of the preprocessed cases of some centres, with a digest of each folder."""
    return of_images(LAYOUT.preprocessed_cases, *centers)


def of_images(place, *centers):
    """A place of each centre that has images: no table of features has, and no hospital that keeps its scans."""
    return [place(c) for c in centers if STUDY.centers[c].source.has_images]


def splits_of(center):
    """The tables of the folds in which a centre's cases train, validate or test."""
    if center in PLAN.development:
        return [LAYOUT.development_splits()]
    return [LAYOUT.external_splits(center)]


def model_data(model, *centers):
    """What a model looks at: preprocessed folders and what lists them, or feature tables."""
    if model in PLAN.image_models:
        return case_lists(*centers) + case_folders(*centers)
    return [LAYOUT.radiomics(center) for center in centers]


def member_predictions(stack, *centers):
    """What a stack's members say of some centres, each fold by itself."""
    stages = PLAN.stages_of_members(stack)
    return [LAYOUT.fold_predictions(member, c) for c in centers for member in stages]


# models


def trained(fits):
    """The files of trained models."""
    files = [(model, LAYOUT.model(model, stage, fold)) for model, stage, fold in fits]
    return [
        file
        for model, of in files
        for file in (
            of.weights if model in PLAN.image_models else of.fitted,
            of.description,
        )
    ]


def final_fits(model):
    """The trained models of a model's last stage, of every fold that has validation cases."""
    stage = PLAN.final_stage(model)
    return [LAYOUT.model(model, stage, fold) for fold in PLAN.cross_validation_folds]


def members(fits):
    """What a job is told of the trained models that it uses."""
    return [
        {
            "stage": stage,
            "scenario": PLAN.folds[fold].scenario,
            "fold": fold,
            "folder": str(LAYOUT.model(model, stage, fold).folder),
        }
        for model, stage, fold in fits
    ]


def pseudo_labels(wildcards):
    """The accepted pseudo-labels of a later stage."""
    return (
        []
        if wildcards.stage == SUPERVISED
        else LAYOUT.pseudo_labels(wildcards.model, wildcards.stage, wildcards.fold)
    )


def permutation_tables():
    """The tables of the permutation test: those of an earlier run where this one does not ask for them."""
    tables = [LAYOUT.evaluation(name) for name in ("permutation", "permutation_draws")]
    return tables if PERMUTES or all(table.is_file() for table in tables) else []


def subset_predictions(*centers):
    """The predictions over subsets of modalities, of some centres."""
    return [
        LAYOUT.subset_predictions(model, center)
        for model in PLAN.subset_models
        for center in centers
        if center not in PLAN.sent_centers and PLAN.predicting_folds(model, center)
    ]
