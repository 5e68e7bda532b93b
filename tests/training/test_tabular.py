import hashlib
import json

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import matthews_corrcoef, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from gliomanet.cohort.importers.feature_tables import read_feature_center
from gliomanet.config.feature_models import ExtraTreesModel, LogisticModel, TabularNetModel
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.models import artifact
from gliomanet.models.tabular import TabularInputs
from gliomanet.prediction.tabular import predict_tabular
from gliomanet.radiomics.ratios import with_ratios
from gliomanet.training import tabular as module
from gliomanet.training.tabular import train_tabular_model

TASKS = {"idh": DEFAULT_TASKS["idh"], "grade": DEFAULT_TASKS["grade"]}
NAME = {"model": "m", "stage": "supervised", "fold": "0"}
QUICK = TabularNetModel(epochs=30, ensemble=2, hidden=(8, 4))
MODELS = [LogisticModel(), ExtraTreesModel(n_estimators=20), QUICK]
FILES = ("model.joblib", "model.json", "heads.npz", "events.jsonl")


def simulated(n=60, seed=0, part="train"):
    """IDH is told by age and `t1_glcm_Contrast`, grade by `t2_firstorder_Mean`; every 7th label is unknown."""
    generator = np.random.default_rng(seed)
    idh, grade = generator.integers(0, 2, n), generator.integers(0, 2, n)
    cases = pd.DataFrame(
        {
            "case_id": [f"{part}{i}" for i in range(n)],
            "center": "A",
            "part": part,
            "idh": np.where(np.arange(n) % 7 == 0, "", np.where(idh, "mutant", "wildtype")),
            "codel_1p19q": "",
            "grade": np.where(grade, "4", "2"),
            "age": 60 - 15 * idh + generator.normal(0, 5, n),
        }
    )
    features = pd.DataFrame(
        {
            "case_id": cases["case_id"],
            "t1_glcm_Contrast": 2 * idh + generator.normal(size=n),
            "t2_firstorder_Mean": 1000 * grade + generator.normal(0, 300, n),
            "t2_glcm_constant": 7.1,
            "t2_glcm_nowhere": np.nan,
        }
    )
    return cases, features


def fit(folder, model, cases=None, features=None, **keywords):
    default = simulated()
    arguments = {"name": NAME, "seed": 3, "code": "c", "out": folder, **keywords}
    train_tabular_model(
        default[0] if cases is None else cases, default[1] if features is None else features, TASKS, model, **arguments
    )
    return folder


@pytest.mark.parametrize("model", [*MODELS[:2], TabularNetModel(ensemble=2)], ids=lambda m: m.kind)
def test_what_is_planted_is_learnt(tmp_path, model):
    fit(tmp_path, model)
    cases, features = simulated(200, 1, "validation")
    predictions, _ = predict_tabular(tmp_path, cases, features)
    for task, positive in (("idh", "mutant"), ("grade", "4")):
        rows = predictions[(predictions["task"] == task) & (predictions["class"] == positive)]
        truth = cases[TASKS[task].label].map(TASKS[task].encode).to_numpy()
        known = truth >= 0
        assert roc_auc_score(truth[known], rows["probability"].to_numpy()[known]) > 0.9


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.kind)
def test_the_files_and_that_a_run_repeats_itself(tmp_path, model):
    one, two = (fit(tmp_path / name, model) for name in ("one", "two"))
    assert sorted(path.name for path in one.iterdir()) == sorted(FILES)
    for name in ("model.joblib", "model.json"):
        assert hashlib.sha256((one / name).read_bytes()).digest() == hashlib.sha256((two / name).read_bytes()).digest()
    events = [json.loads(line) for line in (one / "events.jsonl").read_text().splitlines()]
    assert events[0] == {"event": "run", **NAME, "digest": json.loads((one / "model.json").read_text())["digest"]}
    assert [event["event"] for event in (events[1], events[2], events[-1])] == ["params", "start", "end"]
    described = json.loads((one / "model.json").read_text())
    assert described["features"]["idh"] == ["t1_glcm_Contrast", "t2_firstorder_Mean", "age"]
    assert described["dropped_features"]["idh"] == {"t2_glcm_constant": "constant", "t2_glcm_nowhere": "empty"}
    packages = {"torch", "numpy", "scikit-learn", "pandas", "neuroCombat"}
    assert set(described["versions"]) == {"python", "gliomanet"} | packages
    assert described["harmonization"] == {"method": "none"}
    assert described["joint_likelihood_weight"] == 0


def test_what_a_fit_depends_on_is_in_its_digest(tmp_path, monkeypatch):
    def digest(folder, *tables, **keywords):
        out = fit(tmp_path / folder, LogisticModel(), *tables, **keywords)
        return json.loads((out / "model.json").read_text())["digest"]

    cases, features = simulated()
    renamed = [table.assign(case_id="x" + table["case_id"]) for table in (cases, features)]
    older = digest("1")
    assert digest("2") == older
    others = [
        digest("3", code="d"),
        digest("4", cases, features.rename(columns={"t1_glcm_Contrast": "t1_glcm_Energy"})),
        digest("5", *renamed),
        digest("6", cases.assign(age=cases["age"] + 1)),
    ]
    monkeypatch.setattr(module, "software_versions", lambda names: dict.fromkeys(names, "0"))
    assert len({older, *others, digest("7")}) == 6


def test_files_are_written_whole_and_the_description_last(tmp_path, monkeypatch):
    written = []
    for place, name in ((module, "write_atomically"), (module, "write_heads"), (artifact, "write_json")):
        write = getattr(place, name)
        monkeypatch.setattr(
            place, name, lambda path, value, write=write: (written.append(path.name), write(path, value))
        )
    fit(tmp_path, LogisticModel())
    assert written == ["model.joblib", "heads.npz", "model.json"]


def test_the_joint_likelihood_moves_the_network_towards_possible_answers(tmp_path):
    """Grade 4 tells co-deletion out, though no case of grade 4 has a known 1p/19q label."""
    cases, features = simulated(200)
    cases["codel_1p19q"] = np.where(
        cases["grade"] == "4", "", np.where(cases["idh"] == "mutant", "codeleted", "intact")
    )
    tested, their_features = simulated(200, 1, "validation")
    called = {}
    for weight in (0.0, 1.0):
        out = tmp_path / f"{weight}"
        model = TabularNetModel(ensemble=2, epochs=100, joint_likelihood_weight=weight)
        options = {"name": NAME, "seed": 3, "code": "c", "out": out}
        train_tabular_model(cases, features, DEFAULT_TASKS, model, **options)
        assert json.loads((out / "model.json").read_text())["joint_likelihood_weight"] == weight
        rows = predict_tabular(out, tested, their_features)[0].query("task == 'codel_1p19q' and `class` == 'codeleted'")
        called[weight] = rows["probability"].to_numpy()[tested["grade"] == "4"].mean()
    assert called[1.0] < called[0.0] - 0.1


@pytest.mark.parametrize("inputs", [("radiomics",), ("radiomics", "age"), ("age",)], ids="+".join)
def test_a_case_that_prediction_leaves_out_does_not_teach(tmp_path, inputs, capsys):
    cases, features = simulated()
    cases.loc[1, "age"] = np.nan
    features = features.drop(index=2)
    features.iloc[2, 1:] = np.nan  # case train3: a row without a number
    fit(tmp_path, LogisticModel(inputs=inputs), cases, features)
    described = json.loads((tmp_path / "model.json").read_text())
    left_out = ["train1"] if inputs == ("age",) else ["train2", "train3"]
    assert described["cases_without_inputs"] == len(left_out)
    assert described["training_cases"]["grade"] == len(cases) - len(left_out)
    predictions, _ = predict_tabular(tmp_path, cases, features)
    assert set(cases["case_id"]) - set(predictions["case_id"]) == set(left_out)
    reason = "inputs" if inputs != ("radiomics", "age") else "radiomic inputs"
    assert capsys.readouterr().out == "".join(
        f"left out: case {case}: none of this model's {reason} is known\n" for case in left_out
    )


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.kind)
def test_only_the_training_part_teaches(tmp_path, model):
    cases, features = simulated()
    others, their_features = simulated(40, 5, "validation")
    their_features.iloc[:, 1:3] = 1e6
    both = fit(tmp_path / "b", model, pd.concat([cases, others]), pd.concat([features, their_features]))
    alone = fit(tmp_path / "a", model)
    assert (both / "model.joblib").read_bytes() == (alone / "model.joblib").read_bytes()


def test_pseudo_labels_teach_unless_they_must_not(tmp_path):
    cases, features = simulated()
    more, their_features = simulated(30, 6, "unlabelled")
    more[["idh", "grade"]] = ""
    cases, features = pd.concat([cases, more]), pd.concat([features, their_features])
    rows = {"case_id": more["case_id"], "task": "idh", "label": "mutant", "accepted": "yes"}
    accepted = pd.DataFrame(rows)
    described = []
    for name, labels in (("none", None), ("refused", accepted.assign(accepted="no")), ("all", accepted)):
        out = fit(tmp_path / name, QUICK, cases, features, pseudo_labels=labels)
        described.append(json.loads((out / "model.json").read_text())["training_cases"])
    assert described[0] == described[1] == {"idh": 51, "grade": 60}
    assert described[2] == {"idh": 81, "grade": 60}
    inputs = [joblib.load(tmp_path / name / "model.joblib").inputs for name in ("none", "all")]
    assert np.array_equal(inputs[0].mean, inputs[1].mean)  # the scale is the training part's alone
    with pytest.raises(ValueError, match="case 'unlabelled0' is of part external, and must not train"):
        fit(
            tmp_path / "x", QUICK, cases.replace({"part": {"unlabelled": "external"}}), features, pseudo_labels=accepted
        )
    with pytest.raises(ValueError, match="case 'stranger' is not in this fold"):
        fit(tmp_path / "y", QUICK, cases, features, pseudo_labels=accepted.assign(case_id="stranger"))


def two_centers(n=80, seed=0, part="train"):
    """`simulated` at centres A and B; B's scanner stretches and shifts every feature."""
    cases, features = simulated(n, seed, part)
    of_b = np.arange(n) % 2 == 1
    values = features.columns[1:3]
    features.loc[of_b, values] = features.loc[of_b, values] * 3 + 5 * features[values].std()
    return cases.assign(center=np.where(of_b, "B", "A")), features


@pytest.mark.parametrize("model", [*MODELS[:2], TabularNetModel(ensemble=2)], ids=lambda m: m.kind)
def test_combat_takes_the_centre_out_and_leaves_age_alone(tmp_path, model):
    cases, features = two_centers()
    combat = model.model_copy(update={"harmonization": "combat"})
    fit(tmp_path, combat, cases, features)
    described = json.loads((tmp_path / "model.json").read_text())["harmonization"]
    assert (described["method"], described["centers"], described["features"]) == ("combat", ["A", "B"], 2)
    assert "cannot be harmonised" in described["note"]
    fitted = joblib.load(tmp_path / "model.joblib")
    assert fitted.harmonization.columns == ("t1_glcm_Contrast", "t2_firstorder_Mean")
    inputs = fitted.inputs if model.kind == "tabular_net" else fitted.inputs["grade"]
    assert inputs.median[list(inputs.columns).index("age")] == cases["age"].median()
    more, their_features = two_centers(300, 1, "validation")
    predictions, _ = predict_tabular(tmp_path, more, their_features)
    rows = predictions[(predictions["task"] == "grade") & (predictions["class"] == "4")]
    of_b = (more["center"] == "B").to_numpy()
    harmonised = rows["probability"].to_numpy()
    assert abs(harmonised[of_b].mean() - harmonised[~of_b].mean()) < 0.1
    assert roc_auc_score(more["grade"] == "4", harmonised) > 0.85
    none = fit(tmp_path / "none", model, cases, features)
    rows = predict_tabular(none, more, their_features)[0].query("task == 'grade' and `class` == '4'")
    assert roc_auc_score(more["grade"] == "4", harmonised) > roc_auc_score(more["grade"] == "4", rows["probability"])


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.kind)
def test_validation_and_unseen_centres_teach_combat_nothing(tmp_path, model):
    cases, features = two_centers()
    combat = model.model_copy(update={"harmonization": "combat"})
    others, their_features = two_centers(40, 5, "validation")
    others.loc[10:20, "center"] = "C"
    their_features.iloc[:, 1:3] = 1e6
    both = fit(tmp_path / "b", combat, pd.concat([cases, others]), pd.concat([features, their_features]))
    alone = fit(tmp_path / "a", combat, cases, features)
    assert (both / "model.joblib").read_bytes() == (alone / "model.joblib").read_bytes()


def test_pseudo_labelled_cases_are_harmonised_and_do_not_move_the_fit(tmp_path):
    cases, features = two_centers()
    more, their_features = two_centers(30, 6, "unlabelled")
    more[["idh", "grade"]] = ""
    accepted = pd.DataFrame({"case_id": more["case_id"], "task": "idh", "label": "mutant", "accepted": "yes"})
    model = QUICK.model_copy(update={"harmonization": "combat"})
    with_them = fit(
        tmp_path / "b", model, pd.concat([cases, more]), pd.concat([features, their_features]), pseudo_labels=accepted
    )
    alone = fit(tmp_path / "a", model, cases, features)
    one, two = (joblib.load(folder / "model.joblib").harmonization for folder in (with_them, alone))
    assert np.array_equal(one.shift, two.shift)
    assert np.array_equal(one.factor, two.factor)


def test_a_fold_that_cannot_be_harmonised_is_named(tmp_path):
    cases, features = simulated()
    with pytest.raises(ValueError, match="m, stage supervised, fold 0: ComBat needs .* two centres, found: A 60; set"):
        fit(tmp_path, LogisticModel(harmonization="combat"), cases, features)
    with pytest.raises(ValueError, match="fold 0: ComBat needs at least 2 radiomic features .* found: none; set its"):
        fit(tmp_path, LogisticModel(harmonization="combat", inputs=("age",)), *two_centers())


def test_what_cannot_be_fitted_says_so(tmp_path):
    cases, features = simulated()
    with pytest.raises(ValueError, match=r"task grade: a class has no training case with inputs \(2-3 0, 4 60\)"):
        fit(tmp_path, LogisticModel(), cases.assign(grade="4"))
    with pytest.raises(ValueError, match=r"no input of \['age'\] differs between training cases"):
        fit(tmp_path, LogisticModel(inputs=("age",)), cases.assign(age=50.0))
    with pytest.raises(ValueError, match=r"several rows of the cases \['train0'\]"):
        fit(tmp_path, LogisticModel(), cases, pd.concat([features, features.iloc[:1]]))


def test_inputs_are_filled_scaled_and_cut():
    table = pd.DataFrame(
        {"a": [0.0, 2.0, np.nan, 4.0], "b": [1.0, 3.0, 1.0, 3.0], "c": 5.0, "age": [20.0, 40.0, 20.0, 40.0]}
    )
    inputs, dropped = TabularInputs.fit(table)
    assert {column: str(why) for column, why in dropped.items()} == {"c": "constant"}
    assert inputs.columns == ("a", "b", "age")
    assert inputs.transform(table)[:, 1].tolist() == [-1.0, 1.0, -1.0, 1.0]
    assert inputs.transform(table)[2, 0] == 0.0  # the median, 2, which is also the mean
    equal, _ = TabularInputs.fit(table, equal_blocks=True, limit=3.0)
    scaled = equal.transform(table)
    assert scaled[:, :2].var(axis=0).sum() == pytest.approx(scaled[:, 2].var())
    far = equal.transform(pd.DataFrame({"a": [1e9], "b": [-1e9], "age": [1e9]}))
    assert far[0] == pytest.approx([3 / np.sqrt(2), -3 / np.sqrt(2), 3])
    assert equal.transform(pd.DataFrame({"age": [30.0]}))[0].tolist() == [0.0, 0.0, 0.0]


# AUC / MCC at 0.5 of age alone outside the penalty: task, teaching → tested centre.
PUBLISHED = {
    ("idh", "UTSW", "UCSF"): (0.905, 0.61),
    ("idh", "UCSF", "UTSW"): (0.895, 0.65),
    ("idh", "UCSF", "UPENN"): (0.922, 0.34),
    ("idh", "UTSW", "UPENN"): (0.922, 0.34),
    ("codel_1p19q", "UTSW", "UCSF"): (0.722, 0.13),
    ("codel_1p19q", "UCSF", "UTSW"): (0.743, 0.31),
    ("grade", "UTSW", "UCSF"): (0.799, 0.42),
    ("grade", "UCSF", "UTSW"): (0.808, 0.51),
}
INPUTS = (("age",), ("radiomics",), ("radiomics", "age"))
FILES_OF = {
    "UCSF": ("UCSF-PDGM", "UCSF-PDGM-metadata_v5.csv", "ucsf-pdgm"),
    "UTSW": ("UTSW-Glioma", "UTSW_Glioma_Metadata-2-1.tsv", "utsw"),
    "UPENN": ("UPENN-GBM", "UPENN-GBM_clinical_info_v2.1.csv", "upenn-gbm"),
}


@pytest.fixture(scope="module")
def collections(shared_data):
    return {
        name: read_feature_center(
            name, "train", shared_data / "real-radiomics" / f"{table}.csv", shared_data / "clinical" / clinical, kind
        )
        for name, (table, clinical, kind) in FILES_OF.items()
    }


def carrying(features):
    """The 46 columns of the real tables that carry something, told by hand: shape once, first order but entropy."""
    names = [name for name in features if name.startswith("flair_shape_") or "_firstorder_" in name]
    return features[[name for name in names if not name.endswith(("_Entropy", "_Uniformity"))]]


@pytest.mark.parametrize("teaching", ["UTSW", "UCSF"])
@pytest.mark.parametrize("place", [0, 1, 2], ids=["age", "radiomics", "both"])
def test_the_figures_of_three_real_centres_are_those_of_plain_scikit_learn(collections, tmp_path, teaching, place):
    cases, features = collections[teaching]
    model = LogisticModel(inputs=INPUTS[place])
    train_tabular_model(
        cases.assign(part="train"), features, DEFAULT_TASKS, model, name=NAME, seed=1, code="c", out=tmp_path
    )

    def inputs(center):
        age = collections[center][0][["age"]].reset_index(drop=True)
        both = {"radiomics": carrying(collections[center][1]), "age": age}
        return pd.concat([both[name] for name in INPUTS[place]], axis=1)

    assert inputs(teaching).shape[1] == (1, 46, 47)[place]
    for (task, source, tested), figures in PUBLISHED.items():
        if source != teaching:
            continue
        settings = DEFAULT_TASKS[task]
        truth, taught = (collections[c][0][settings.label].map(settings.encode).to_numpy() for c in (tested, teaching))
        predictions, _ = predict_tabular(tmp_path, *collections[tested])
        rows = predictions[(predictions["task"] == task) & (predictions["class"] == settings.class_names[-1])]
        known, probability = truth >= 0, rows["probability"].to_numpy()
        # Age is spared by the penalty in the limit of ever larger values.
        last = np.where(np.arange(inputs(teaching).shape[1]) == 46 * (place == 2), 1e3, 1.0)
        scale = last if "age" in INPUTS[place] else np.ones_like(last)
        plain = make_pipeline(
            SimpleImputer(strategy="median"),
            StandardScaler(),
            FunctionTransformer(lambda x, scale=scale: x * scale),
            LogisticRegression(C=model.C, class_weight="balanced", tol=1e-10, solver="newton-cholesky"),
        ).fit(inputs(teaching)[taught >= 0].to_numpy(), taught[taught >= 0])
        expected = plain.predict_proba(inputs(tested).to_numpy())[:, -1]
        assert probability == pytest.approx(expected, abs=1e-4)
        if INPUTS[place] == ("age",):
            assert roc_auc_score(truth[known], probability[known]) == pytest.approx(figures[0], abs=0.005)
            assert matthews_corrcoef(truth[known], probability[known] > 0.5) == pytest.approx(figures[1], abs=0.0151)


# AUC of ratios, shape and age for IDH, as published: teaching → tested centre.
RATIOS = {("UTSW", "UCSF"): 0.931, ("UCSF", "UTSW"): 0.927}


@pytest.mark.parametrize(("teaching", "tested"), RATIOS)
def test_ratios_with_age_beat_age_alone_on_a_centre_that_did_not_teach(collections, tmp_path, teaching, tested):
    told = {}
    for inputs in (("age",), ("ratios", "shape", "age")):
        model = LogisticModel(inputs=inputs, C="auto", clip=3)
        cases, features = (collections[teaching][0].assign(part="train"), with_ratios(collections[teaching][1]))
        tasks, out = {"idh": DEFAULT_TASKS["idh"]}, tmp_path / inputs[0]
        train_tabular_model(cases, features, tasks, model, name=NAME, seed=1, code="c", out=out)
        rows = predict_tabular(out, collections[tested][0], with_ratios(collections[tested][1]))[0]
        told[inputs[0]] = rows.loc[rows["class"] == "mutant", "probability"].to_numpy()
    truth = (collections[tested][0]["idh"] == "mutant").to_numpy()
    assert roc_auc_score(truth, told["ratios"]) == pytest.approx(RATIOS[teaching, tested], abs=0.01)
    assert roc_auc_score(truth, told["ratios"]) > roc_auc_score(truth, told["age"]) + 0.02
