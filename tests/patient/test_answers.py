"""The answers of a bundle on a case of the study: those of the study's own jobs, to the last bit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gliomanet.bundle.read import Bundle
from gliomanet.models.ensemble import EnsembleDescription
from gliomanet.patient.answers import Computing, PreparedCase, ask, segment, worth_of_modalities
from gliomanet.patient.statements.statement import state
from gliomanet.prediction.combine import combine_predictions
from gliomanet.prediction.joint_decoding import with_joint
from gliomanet.prediction.predict_center import predict_center
from gliomanet.prediction.prediction_sets import with_sets
from gliomanet.prediction.segment_center import segment_center
from gliomanet.prediction.stack import predict_stack
from gliomanet.radiomics.table import wide_features
from gliomanet.seeds import derive_seed
from gliomanet.tables.io import read_table
from gliomanet.tables.prediction import ENSEMBLE
from tests.bundled_study import CASE, CENTER

HOW = Computing()


@pytest.fixture
def case(tiny_study):
    layout = tiny_study.layout
    features = wide_features(read_table(layout.radiomics(CENTER)))
    row = pd.DataFrame([{"case_id": CASE, "center": CENTER, "age": tiny_study.age, "sex": ""}])
    return PreparedCase(row, layout.preprocessed(), features)


def answering(model, stack_bundle, tiny_study) -> Bundle:
    """The bundle as if a member answered by itself."""
    whole = Bundle.open(stack_bundle)
    own = Bundle(whole.folder, whole.description.model_copy(update={"model": model}), whole.digest)
    vars(own)["decisions"] = EnsembleDescription.read(tiny_study.layout.ensemble(model))
    return own


def by_jobs(tiny, case, model) -> pd.DataFrame:
    """The rows that the study's jobs write of the case, one after the other."""
    splits = read_table(tiny.layout.splits())
    splits = splits[splits["center"] == CENTER]
    own = {}
    for name in ("net", "chain"):
        folds = tiny.plan.predicting_folds(name, CENTER)
        images = tiny.study.models[name].kind == "mttunet"
        own[name], _ = predict_center(
            [tiny.member(name, fold) for fold in folds],
            splits,
            case.row,
            model=name,
            kind=tiny.study.models[name].kind,
            preprocessed=tiny.layout.preprocessed() if images else None,
            features=None if images else case.features,
            threads=1,
            gpus=0,
            flips=tiny.plan.flips_of(name),
        )
    if model == "stack":
        fits = [tiny.member("stack", fold) for fold in tiny.plan.predicting_folds("stack", CENTER)]
        said, stages = pd.concat(own.values()), tiny.plan.stages_of_members("stack")
        own[model] = predict_stack(fits, splits, case.row, said, stages, tiny.study.tasks, model=model)
    combined = combine_predictions(own[model], read_table(tiny.layout.calibration(model)))
    table = with_joint(with_sets(combined, EnsembleDescription.read(tiny.layout.ensemble(model))), tiny.study.tasks)
    return table[table["fold"] == ENSEMBLE].reset_index(drop=True)


@pytest.mark.parametrize("model", ["net", "chain", "stack"])
def test_a_case_of_the_study_gets_the_pipeline_s_numbers(model, stack_bundle, tiny_study, case):
    bundle = Bundle.open(stack_bundle) if model == "stack" else answering(model, stack_bundle, tiny_study)
    found = ask(bundle, case, HOW).rows
    assert len(found) == 6
    pd.testing.assert_frame_equal(found, by_jobs(tiny_study, case, model), check_exact=True)


def test_stochastic_passes_are_those_of_the_study_s_job(stack_bundle, tiny_study, case):
    bundle = answering("net", stack_bundle, tiny_study)
    net = bundle.description.models["net"].model_copy(update={"passes": 3})
    models = bundle.description.models | {"net": net}
    drawing = Bundle(bundle.folder, bundle.description.model_copy(update={"models": models}), bundle.digest)
    vars(drawing)["decisions"] = bundle.decisions
    splits = read_table(tiny_study.layout.splits())
    rows, _ = predict_center(
        [tiny_study.member("net", fold) for fold in tiny_study.plan.predicting_folds("net", CENTER)],
        splits[splits["center"] == CENTER],
        case.row,
        model="net",
        kind="mttunet",
        preprocessed=tiny_study.layout.preprocessed(),
        features=None,
        threads=1,
        gpus=0,
        passes=3,
        seed=derive_seed(tiny_study.study.seed, "predict", "net", CENTER),
        flips="left_right",
    )
    by_job = rows.groupby(["task", "class"])["pass_std"].mean()
    found = ask(drawing, case, HOW).rows.set_index(["task", "class"])["pass_std"]
    assert (found > 0).all()
    pd.testing.assert_series_equal(found.sort_index(), by_job.sort_index(), check_exact=True)
    assert ask(bundle, case, HOW).rows["pass_std"].isna().all()


def test_the_segmentation_is_the_pipeline_s(stack_bundle, tiny_study, case, tmp_path):
    splits = read_table(tiny_study.layout.splits())
    model, found = segment(Bundle.open(stack_bundle), case, HOW)
    assert model == "net"
    segment_center(
        [tiny_study.member("net", fold) for fold in tiny_study.plan.segmenting_folds(CENTER)],
        splits[splits["center"] == CENTER],
        tiny_study.layout.preprocessed(),
        tmp_path,
        model="net",
        flips="left_right",
        min_component_fraction=tiny_study.study.prediction.min_component_fraction,
    )
    import nibabel as nib

    assert found.codes.any()
    np.testing.assert_array_equal(found.codes, np.asarray(nib.load(tmp_path / f"{CASE}.nii.gz").dataobj))


def test_the_worth_of_modalities_sums_to_what_the_images_add(stack_bundle, tiny_study, case):
    bundle = answering("net", stack_bundle, tiny_study)
    worth = worth_of_modalities(bundle, case, {"idh": "mutant"}, HOW)
    assert set(worth["idh"]) == {"t1c", "flair"}
    plain = ask(bundle, case, Computing(fast=False)).rows
    classes = bundle.decisions.of("supervised", "main").tasks["idh"].classes
    prior = classes["mutant"].patients / sum(one.patients for one in classes.values())
    assert 0 < prior < 1
    assert sum(worth["idh"].values()) + prior == pytest.approx(
        plain.loc[plain["class"] == "mutant", "raw_probability"].iloc[0], abs=0.05
    )  # raw but for the mirror images, which subsets go without
    assert worth_of_modalities(Bundle.open(stack_bundle), case, {"idh": "mutant"}, HOW) == {}


def test_fast_asks_one_fold_and_holds_it_against_its_own_cases(stack_bundle, tiny_study, case):
    bundle = answering("net", stack_bundle, tiny_study)
    fast, whole = ask(bundle, case, Computing(fast=True)).rows, ask(bundle, case, HOW).rows
    assert fast["fold_std"].isna().all()
    assert whole["fold_std"].notna().all()
    assert not np.allclose(fast["raw_probability"], whole["raw_probability"])
    patients = bundle.decisions.of("supervised", "main").tasks["idh"].classes["mutant"].folds["0"]
    p = fast.loc[(fast["task"] == "idh") & (fast["class"] == "mutant"), "set_p"].iloc[0]
    assert p * (len(patients.probability) + 1) == pytest.approx(round(p * (len(patients.probability) + 1)))


def test_what_is_not_known_is_said(stack_bundle, tiny_study, case):
    bare = PreparedCase(case.row.assign(age=np.nan), case.root, pd.DataFrame(columns=["case_id"]))
    found = ask(Bundle.open(stack_bundle), bare, HOW)
    assert len(found.rows) == 6
    assert any("none of this model's inputs is known" in note.text for note in found.notes)
    told = [note for note in found.notes if "age" in note.text]
    assert [note.code for note in told] == ["note.unknown_fact"]  # once, though the stack takes it and a member, too
    assert ask(answering("chain", stack_bundle, tiny_study), bare, HOW).rows.empty


def test_an_age_that_is_not_known_is_said_of_models_on_features(stack_bundle, tiny_study, case):
    chain = answering("chain", stack_bundle, tiny_study)
    found = ask(chain, PreparedCase(case.row.assign(age=np.nan), case.root, case.features), HOW)
    assert state("note.unknown_fact", fact="age", model="chain") in found.notes
    assert not any("age" in note.text for note in ask(chain, case, HOW).notes)
