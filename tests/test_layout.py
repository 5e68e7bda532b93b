"""Where files lie: one place per name, and every path read back as what it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gliomanet.config.cross_checks import RESERVED_CENTERS, RESERVED_MODELS
from gliomanet.layout import Layout, Place, _patterns, benchmark_of

LAYOUT = Layout("here/results")
KINDS = [kind for kind, _ in _patterns()]
IDENTIFIER = st.builds(str.__add__, st.sampled_from("aZ9"), st.text("aZ9_-", max_size=4)) | st.sampled_from(
    ["cases", "external", "fold0", "teacher", "accuracy", "source", "truth"]  # words of other places
)
NAMES = st.fixed_dictionaries(
    {
        "model": IDENTIFIER.filter(lambda name: name.lower() not in RESERVED_MODELS),
        "center": IDENTIFIER.filter(lambda name: name.lower() not in RESERVED_CENTERS),
        "stage": st.sampled_from(["supervised", "pseudo_label", "pseudo_label_2"]),
        "fold": st.one_of(
            st.sampled_from(["0", "11", "all"]),
            st.builds("{}.{}".format, IDENTIFIER, st.sampled_from(["0", "11", "all"])),
        ),
        "case": st.builds(str.__add__, st.sampled_from("aZ9"), st.text("aZ9_.-", max_size=4)),
        "table": IDENTIFIER,
    }
)


def made(kind: str, names: dict[str, str]) -> Path:
    method, _, file = kind.partition(".")
    pattern = dict(_patterns())[kind]
    place = getattr(LAYOUT, method)(**{name: names[name] for name in pattern.groupindex})
    if method != "model":
        return place
    return getattr(place, file) if file else place.folder


@given(kind=st.sampled_from(KINDS), names=NAMES)
@settings(max_examples=400)
def test_every_place_is_read_back_as_what_it_is(kind, names):
    given_names = {name: names[name] for name in dict(_patterns())[kind].groupindex}
    assert LAYOUT.parse(made(kind, names)) == Place(kind, **given_names)


@given(names=NAMES, others=NAMES)
def test_no_two_names_share_a_file(names, others):
    assume(names["case"] != others["case"] and names["center"] != others["center"])
    paths = [made(kind, each) for each in (names, others) for kind in KINDS if _depends(kind)]
    assert len(set(paths)) == len(paths)


def _depends(kind: str) -> bool:
    """Whether every path of this kind holds a centre's name, so that two centres' must differ."""
    return "center" in dict(_patterns())[kind].groupindex


@pytest.mark.parametrize(
    "path", ["elsewhere/qc/A.tsv", "here/results/qc/A.csv", "here/results", "here/results/models/net/x/fold0/notes.txt"]
)
def test_other_paths_are_refused(path):
    with pytest.raises(ValueError, match=r"does not lie in the results folder|is no file or folder of a study"):
        LAYOUT.parse(path)


def test_rules_ask_with_wildcards():
    assert str(LAYOUT.model("{model}", "{stage}", "{fold}").heads) == (
        "here/results/models/{model}/{stage}/fold{fold}/heads.npz"
    )
    assert str(LAYOUT.log("train", "{model}", "fold{fold}")) == "here/results/logs/train/{model}/fold{fold}.log"
    assert str(LAYOUT.benchmark("evaluate")) == "here/results/benchmarks/evaluate.tsv"


def test_a_jobs_cost_stands_beside_its_log():
    names = ("train", "net", "fold0.1")
    assert benchmark_of(str(LAYOUT.log(*names))) == LAYOUT.benchmark(*names)
