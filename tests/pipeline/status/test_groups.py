"""Every job is told once, in one sentence with others of its kind."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gliomanet.pipeline.status.causes import NEW, Cause
from gliomanet.pipeline.status.costs import Cost, Costs
from gliomanet.pipeline.status.groups import ALIKE, doing_of, groups_of
from gliomanet.pipeline.status.jobs import Job, Rerun

REPLACED = Cause("T1c replaced", "file changed")
MESSAGES = {
    "preprocess_case": "Preprocessing {case} of {center}",
    "extract_radiomics": "Extracting radiomic features of {case}",
    "train_image": "Training {model} ({stage}), fold {fold}",
    "predict_center": "Predicting {center} with {model}",
    "evaluate": "Evaluating net age",
}
NO_COSTS = Costs([])


def job(rule, **wildcards):
    return Job(rule, wildcards, "")


def told(caused, done=()):
    """Sentence and causes of each group."""
    return [(group.doing, *group.causes) for group in groups_of(caused, MESSAGES, NO_COSTS, done)]


def cases(center, count, cause=REPLACED, rule="preprocess_case"):
    return [(job(rule, center=center, case=f"{center}-{n}"), Rerun(), (cause,)) for n in range(count)]


def test_cases_are_counted_by_centre_and_cause():
    other = Cause("FLAIR replaced", "file changed")
    caused = [*cases("EAST", 12), *cases("WEST", 1), *cases("EAST", 2, other, "extract_radiomics")]
    assert told(caused, [job("collect_qc", center="EAST"), job("collect_qc", center="WEST")]) == [
        ("Preprocessing 12 cases of EAST", "T1c replaced"),
        ("Preprocessing WEST-0 of WEST", "T1c replaced"),
        ("Extracting radiomic features of 2 cases of EAST", "FLAIR replaced"),
    ]


def test_folds_of_a_model_are_named_and_models_told_apart():
    rate = (Cause("learning_rate 0.001 → 0.002", "model changed"),)
    fits = [(job("train_image", model="net", stage="supervised", fold=f), Rerun(), rate) for f in ("0", "1", "all")]
    other = [(job("train_image", model="gmmas", stage="supervised", fold="0"), Rerun(), rate)]
    assert told([*fits, *other], [job("predict_center", model=m, center="X") for m in ("net", "gmmas")]) == [
        ("Training net (supervised), fold 0, 1 and all", "learning_rate 0.001 → 0.002"),
        ("Training gmmas (supervised), fold 0", "learning_rate 0.001 → 0.002"),
    ]


def test_many_folds_are_counted():
    fits = [job("train_image", model="net", stage="supervised", fold=str(n)) for n in range(20)]
    assert doing_of(MESSAGES["train_image"], fits) == "Training net (supervised), fold 20 folds"


def test_a_rule_without_a_message_is_told_by_its_name():
    assert doing_of("", [job("collect_qc", center="X")]) == "collect qc X"


def test_what_follows_comes_last_a_rule_a_sentence():
    follow = [(job("predict_center", model=m, center="X"), Rerun(follows=True), ()) for m in ("net", "age")]
    evaluate = (job("evaluate"), Rerun(), (Cause("tasks changed", "tasks changed"),))
    groups = groups_of([*follow, evaluate], MESSAGES, NO_COSTS)
    assert [(group.doing, group.follows) for group in groups] == [
        ("Evaluating net age", False),
        ("Predicting X with net and age", True),
    ]


def test_a_centre_and_a_model_of_which_nothing_has_run_are_told_in_one_sentence():
    south = [*cases("SOUTH", 3, NEW), (job("predict_center", model="net", center="SOUTH"), Rerun(), (NEW,))]
    model = [(job("train_image", model="new", stage="s", fold="0"), Rerun(), (NEW,))]
    done = [job("predict_center", model="net", center="X")]
    assert told([*south, *model], done) == [("Centre SOUTH", "not run yet"), ("Model new", "not run yet")]


def test_in_a_first_run_no_centre_is_new():
    assert told(cases("A", 2, NEW)) == [("Preprocessing 2 cases of A", "not run yet")]


def test_many_causes_that_differ_in_one_value_are_told_together():
    caused = [
        (job("preprocess_case", center="A", case=f"A-{n}"), Rerun(), (Cause(f"value {n}", "a value changed"),))
        for n in range(ALIKE + 2)
    ]
    done = [job("collect_qc", center="A")]
    assert told(caused, done) == [(f"Preprocessing {ALIKE + 2} cases of A", "a value changed")]
    assert len(told(caused[:ALIKE], done)) == ALIKE


WILDCARDS = {
    "preprocess_case": ("center", "case"),
    "extract_radiomics": ("center", "case"),
    "predict_center": ("center", "model"),
    "evaluate": (),
    "unknown_rule": ("center",),
}
JOBS = st.sampled_from([*WILDCARDS]).flatmap(
    lambda rule: st.fixed_dictionaries({name: st.sampled_from(["A", "B", "C"]) for name in WILDCARDS[rule]}).map(
        lambda wildcards: job(rule, **wildcards)
    )
)
CAUSES = st.lists(
    st.sampled_from([NEW, REPLACED, *(Cause(f"value {n}", "a value changed") for n in range(6))]), max_size=2
)


@given(st.lists(st.tuples(JOBS, st.just(Rerun()), CAUSES.map(tuple)), max_size=30), st.lists(JOBS, max_size=5))
def test_each_job_is_in_one_group_and_costs_add_up(caused, done):
    groups = groups_of(caused, MESSAGES, NO_COSTS, done)
    assert sorted(id(one) for group in groups for one in group.jobs) == sorted(id(one) for one, _, _ in caused)
    assert sum((group.cost for group in groups), Cost()).unknown == len(caused)
    follow = {id(one) for one, _, causes in caused if not causes}
    assert {id(one) for group in groups if group.follows for one in group.jobs} == follow
    assert [group.follows for group in groups] == sorted(group.follows for group in groups)
