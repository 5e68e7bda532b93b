from gliomanet.reporting.study.model_notes import CROPS, NYUL, model_notes
from tests.descriptions import image_description, tabular_description


def test_each_sentence_once_per_model():
    combat = {"method": "combat", "centers": ("A",), "features": 3, "note": "EAST cannot be harmonised."}
    descriptions = [
        image_description(model="net", fold="0", geometry={"intensities": "nyul"}),
        image_description(model="net", fold="1", geometry={"intensities": "nyul"}),
        tabular_description(model="trees", harmonization=combat),
        tabular_description(model="age"),
    ]
    assert model_notes(descriptions) == [("net", NYUL), ("trees", "EAST cannot be harmonised.")]


def test_a_network_says_what_it_takes_of_a_patient_and_a_stack_what_each_input_weighs():
    standards = {"age": {"mean": 50.0, "std": 10.0}, "sex": {"mean": 0.5, "std": 0.5}}
    network = image_description(model="net", clinical={"dropout": 0.3, "standards": standards})
    weights = {"idh": {"logit(net, idh)": 1.25, "age": -0.5}}
    stacks = [tabular_description(model="both", fold=fold, weights=weights) for fold in ("0", "all")]
    taken = "It takes age and sex beside the images; they were taken away from training cases at a rate of 0.3."
    named = "Its weights for idh (fold all), in the last class's logit for one standard deviation of an input"
    assert model_notes([network, *stacks]) == [
        ("net", taken),
        ("both", f"{named}: logit(net, idh) +1.25, age -0.50."),
    ]


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
    descriptions = [
        image_description(model=name, missing=zip(keys, values, strict=True)) for name, values in trained.items()
    ]
    assert model_notes(descriptions) == [
        ("dropped", f"{dropped}."),
        ("distilled", f"{dropped}, with {distilled}."),
        ("both", f"{dropped}, with {distilled} and {contrasted}."),
    ]


def test_which_models_are_to_be_read_decoded():
    descriptions = [
        image_description(model="plain"),
        image_description(model="net", fold="0", joint_likelihood_weight=0.5),
        image_description(model="net", fold="1", joint_likelihood_weight=0.5),
        tabular_description(model="features", fold="all", joint_likelihood_weight=1.0),
    ]
    said = "It was trained with the joint likelihood (weight {}): read its joint decoding."
    assert model_notes(descriptions) == [("net", said.format("0.5")), ("features", said.format("1"))]


def test_what_a_network_was_shown():
    geometry = {"ratio_maps": ("t1c/t2",), "crop": "tumour", "crop_from": "mask"}
    sentences = [sentence for _, sentence in model_notes([image_description(geometry=geometry, tumour_cutmix=0.5)])]
    assert sentences[0] == CROPS["mask"]
    assert "t1c/t2" in sentences[1]
    assert "0.5" in sentences[2]
    assert len(sentences) == 3
