"""Reporting guidelines: whole, in own words, and answered by nothing that the run does not know."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from gliomanet.layout import Layout
from gliomanet.reporting.study.facts import FACTS
from gliomanet.reporting.study.guidelines.guideline import Guideline, answered, guidelines, known_facts
from gliomanet.reporting.study.guidelines.markdown import GAP, checklist, write_checklists
from gliomanet.reporting.study.head import paragraph
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.sections.guidelines import answers_table, summary
from gliomanet.reporting.study.sections.methods import PARAGRAPHS, paragraphs
from tests.descriptions import PHASE, image_description, tabular_description

SUB_ITEMS = {"3": 3, "5": 2, "6": 3, "8": 3, "9": 3, "12": 7, "18": 6, "20": 3, "23": 2, "27": 3}


def test_every_item_is_there_once_in_order():
    numbers = {name: [item.item for item in guideline.items] for name, guideline in guidelines().items()}
    tripod = [
        f"{n}{'abcdefg'[i]}" if str(n) in SUB_ITEMS else str(n)
        for n in range(1, 28)
        for i in range(SUB_ITEMS.get(str(n), 1))
    ]
    assert numbers == {
        "claim_2024": [str(n) for n in range(1, 45)],
        "clear": [str(n) for n in range(1, 59)],
        "metrics": [str(n) for n in range(1, 31)],
        "tripod_ai": tripod,
    }
    assert len(tripod) == 52


def test_every_fact_is_told_somewhere_and_every_paragraph_names_facts():
    used = {name for guideline in guidelines().values() for item in guideline.items for name in item.run}
    told = {name for names in PARAGRAPHS.values() for name in names}
    assert told <= set(FACTS)
    assert used | told == set(FACTS)


def test_an_item_that_names_no_fact_or_nobody_is_refused():
    head = {"name": "x", "about": "y", "source": "z"}
    for item in ({"run": ["no_such_fact"]}, {}):
        with pytest.raises(ValueError, match="item 1: no such facts"):
            Guideline.model_validate({**head, "items": [{"item": 1, "section": "s", "asks": "a", **item}]})


def test_places_of_facts_are_those_of_a_study(image_study):
    layout = Layout("results")
    names = {"<center>": "north", "<model>": "net", "<stage>": "supervised", "<fold>": "0", "<case>": "c1"}
    for fact in known_facts(image_study).values():
        if not fact.place.startswith("#"):
            place = re.sub(r"<\w+>", lambda found: names[found.group()], fact.place)
            layout.parse(f"results/{place.removesuffix('/preprocess.json')}")


def test_what_the_run_does_not_know_is_the_authors(image_study):
    facts = known_facts(image_study)
    answers = {answer.item.item: answer for answer in answered(guidelines()["claim_2024"], facts)}
    assert answers["1"].state == "author"
    assert answers["12"].state == "run"
    assert answers["7"].state == "run and author"
    # no model was declared, and no subset of modalities predicted
    assert "selection" not in facts
    assert answers["26"].state == "author"
    single = {answer.item.item: answer for answer in answered(guidelines()["metrics"], facts)}["23"]
    assert single.missing.startswith("not part of this run")
    table = answers_table("claim_2024", guidelines()["claim_2024"], list(answers.values()))
    assert len(table.rows) == 44
    assert table.rows[0][3].text == ""


def test_facts_follow_the_study(image_study):
    facts = known_facts(image_study)
    assert "No patient is in both the training and the test part of any of the 3 divisions" in facts["disjoint"].text
    leaked = image_study.splits.assign(patient_id="the same")
    assert known_facts(replace(image_study, splits=leaked))["disjoint"].text.startswith("1 patient is in both")
    assert "1 case was not: failed (1); each has its reason." in facts["flow"].text
    assert "discretisation" in facts
    tabular = {
        **image_study.study,
        "centers": {"north": {"role": "train", "source": {"kind": "features"}, "preprocessing": {}}},
    }
    others = known_facts(replace(image_study, study=tabular, qc=None))
    assert not {"preprocessing", "resampling", "intensities", "discretisation", "tumour_masks"} & set(others)
    assert "set to the median of the training cases" in others["missing_data"].text
    assert "penalty" not in facts["training"].text
    chain = {"kind": "logistic", "inputs": ["ratios", "age"], "C": "auto", "classifier_chain": "who"}
    chained = {
        **image_study.study,
        "models": {**image_study.study["models"], "chain": chain | {"stages": ["supervised"]}},
    }
    told = known_facts(replace(image_study, study=chained))["training"].text
    assert "The penalty of chain was chosen inside the training centres of each fit. chain: 1p/19q and grade" in told


def test_the_updates_of_networks_are_told_over_their_fits(image_study):
    longer = PHASE | {"name": "unique", "updates": 1200}
    fits = (image_description(model="net"), image_description(model="net", phases=[PHASE, longer], fold="1"))
    told = known_facts(replace(image_study, models=(*fits, tabular_description())))["training"].text
    assert "Updates of the weights in a fit, all its phases together: net 24 to 1,224. " in told
    without = known_facts(replace(image_study, models=(tabular_description(),)))["training"].text
    assert "Updates" not in without


def test_a_model_named_like_an_input_is_told_from_one(image_study):
    models = {
        "age": {"kind": "cmtlnet", "modalities": ["t1c"], "stages": ["supervised"]},
        "t1c_firstorder_Mean": {"kind": "logistic", "inputs": ["shape"], "stages": ["supervised"]},
        "both": {"kind": "stack", "members": ["age", "t1c_firstorder_Mean"], "clinical": ["age"], "stages": []},
    }
    evaluation = image_study.study["evaluation"] | {"reference": "both"}
    columns = ("logit(age, idh)", "logit(t1c_firstorder_Mean, idh)", "age")
    fits = (tabular_description(), tabular_description(model="both", kind="stack", features={"idh": columns}))
    study = {**image_study.study, "models": models, "evaluation": evaluation}
    facts = known_facts(replace(image_study, study=study, models=fits))
    answers = "age's answers, t1c_firstorder_Mean's answers, age"
    assert f"both (logistic regression on what other models say; inputs: {answers})" in facts["models"].text
    assert facts["reference_model"].text.endswith(f"whose inputs are: {answers}.")
    assert facts["feature_classes"].text == "Classes of the features taken: glcm."


def test_a_stack_and_clinical_layers_are_told_as_they_are(image_study):
    """Everywhere: the head of the page and the methods say the same of external predictions."""
    models = {
        "net": {"kind": "psnet", "modalities": ["t1c"], "clinical": ["age"], "stages": ["supervised"]},
        "plain": {"kind": "psnet", "modalities": ["t1c"], "clinical": [], "stages": ["supervised"]},
        "both": {"kind": "stack", "members": ["net"], "clinical": ["age"], "stages": ["supervised"]},
    }
    results = replace(image_study, study={**image_study.study, "models": models})
    facts = known_facts(results)
    assert "Weights of net and plain began at random" in facts["initialisation"].text
    assert "(those of net on clinical data began as a logistic regression of" in facts["initialisation"].text
    told = "those of both come from one fit on what the members said of their validation cases"
    assert told in facts["ensembling"].text
    assert "not known a learnt value stands in net; for an age or sex" in facts["missing_data"].text
    assert "not known the median of the training cases stands in both" in facts["missing_data"].text
    assert told in paragraph(results)


def test_the_methods_say_only_what_the_run_knows(image_study):
    told = dict(paragraphs(known_facts(image_study)))
    assert "4 were excluded" not in told["Patients and data"]
    assert (
        "Cases came from 5 centres: north (simulated (phantom); 40 cases of 40 patients)" in told["Patients and data"]
    )
    assert "rigid registration of the modalities to T1c" in told["Images and features"]
    assert "Software: Python 3.11.9, torch 2.13.0." in told["Software"]
    assert "declares" not in told["Models"]
    assert not re.search(r"\b(nan|None|\{)\b", " ".join(told.values()))


def test_an_empty_study_is_answered_by_authors(image_study):
    nothing = dict.fromkeys(("metrics", "confusion", "comparisons", "splits"), pd.DataFrame())
    facts = known_facts(StudyResults(image_study.study, image_study.cases, **nothing))
    assert not {"performance", "internal", "external", "metrics", "uncertainty", "disjoint"} & set(facts)


def test_checklists_are_files_whose_gaps_are_marked(image_study, tmp_path):
    written = write_checklists(image_study, tmp_path)
    assert [path.name for path in written] == ["claim_2024.md", "clear.md", "metrics.md", "tripod_ai.md"]
    guideline = guidelines()["tripod_ai"]
    answers = answered(guideline, known_facts(image_study))
    text = written[3].read_text(encoding="utf-8")
    assert text == checklist(guideline, answers)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 52
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 6 for row in rows)
    assert sum(GAP in row for row in rows) == sum(bool(answer.missing) for answer in answers)
    assert re.fullmatch(r"Of 52 items the run answers \d+, \d+ in part, and \d+ are the author's\.", summary(answers))
