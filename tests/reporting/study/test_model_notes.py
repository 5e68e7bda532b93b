from gliomanet.reporting.study.model_notes import NYUL, model_notes


def notes_of(contents):
    return model_notes([(name.partition("/")[0], content) for name, content in contents.items()])


def test_each_sentence_once_per_model():
    contents = {
        "net/supervised/fold0": {"input": {"intensities": "nyul"}},
        "net/supervised/fold1": {"input": {"intensities": "nyul"}},
        "trees/supervised/fold0": {"harmonization": {"method": "combat", "note": "EAST cannot be harmonised."}},
        "age/supervised/fold0": {"harmonization": {"method": "none"}},
    }
    assert notes_of(contents) == [("net", NYUL), ("trees", "EAST cannot be harmonised.")]


def test_how_a_network_learnt_to_do_without_modalities():
    dropped = "It learnt to do without modalities: each was taken away at a rate of 0.3"
    distilled, contrasted = (
        "self-distillation from the whole case (weight 0.5)",
        "contrastive learning across subsets (weight 2)",
    )
    trained = {
        "plain": (0.0, 0.0, 0.0),
        "dropped": (0.3, 0.0, 0.0),
        "distilled": (0.3, 0.5, 0.0),
        "both": (0.3, 0.5, 2.0),
    }
    keys = ("modality_dropout", "distillation_weight", "contrastive_weight")
    contents = {
        f"{name}/supervised/fold0": {"missing_modalities": dict(zip(keys, values, strict=True))}
        for name, values in trained.items()
    }
    assert notes_of(contents) == [
        ("dropped", f"{dropped}."),
        ("distilled", f"{dropped}, with {distilled}."),
        ("both", f"{dropped}, with {distilled} and {contrasted}."),
    ]


def test_which_models_are_to_be_read_decoded():
    contents = {
        "plain/supervised/fold0": {"joint_likelihood_weight": 0.0},
        "older/supervised/fold0": {},
        "net/supervised/fold0": {"joint_likelihood_weight": 0.5},
        "net/supervised/fold1": {"joint_likelihood_weight": 0.5},
        "features/supervised/foldall": {"joint_likelihood_weight": 1.0},
    }
    said = "It was trained with the joint likelihood (weight {}): read its joint decoding."
    assert notes_of(contents) == [("net", said.format("0.5")), ("features", said.format("1"))]
