"""Changes in the field's words, and a word for every parameter of every rule."""

from __future__ import annotations

import re

import pytest

from gliomanet.pipeline.status.differences import ABSENT, Difference
from gliomanet.pipeline.status.wording import PARAMETERS, change_of, counted, noun_of


def parameters_of(text: str) -> set[str]:
    """Names of the parameters in a rule file: the keys of its `params:` sections."""
    names = set()
    for section in re.findall(r"^( +)params:\n((?:\1 +.*\n|\s*\n)+)", text, flags=re.MULTILINE):
        names |= set(re.findall(rf"^{section[0]}    (\w+)=", section[1], flags=re.MULTILINE))
    return names


def test_every_parameter_of_a_rule_has_its_words(repository):
    rules = (repository / "workflow/rules").glob("*.smk")
    used = set().union(*(parameters_of(file.read_text(encoding="utf-8")) for file in rules))
    assert {"code", "contents", "settings", "tasks"} < used
    assert used - set(PARAMETERS) == set(), "name them in pipeline/status/wording.py"


@pytest.mark.parametrize(
    ("name", "differences", "said"),
    [
        ("model", [Difference(("learning_rate",), 0.001, 0.002)], "learning_rate 0.001 → 0.002"),
        ("study", [Difference(("models", "net", "epochs"), 5, 8)], "models.net.epochs 5 → 8"),
        ("study", [Difference(("centers", "SOUTH"), ABSENT, {"role": "train"})], "centers.SOUTH added"),
        ("model", [Difference(("modalities",), ["t1c", "t2"], ["t1c"])], "modalities: t2 taken away"),
        ("settings", [Difference(("n4",), True, False)], "n4 true → false"),
        ("settings", [Difference(("rounds",), [1, 2], [2, 1])], "rounds: another order"),
        ("min_success_fraction", [Difference((), 0.5, None)], "min_success_fraction 0.5 → none"),
        ("contents", [Difference(("t1c",), "ab", "cd")], "T1C replaced"),
        (
            "contents",
            [Difference(("X-1", "flair"), "ab", "cd"), Difference(("X-2", "flair"), "ab", "cd")],
            "FLAIR replaced",
        ),
        ("contents", [Difference((), "ab", "cd")], "file replaced"),
        ("contents", [Difference(("tumour_mask",), "ab", ABSENT)], "tumour mask taken away"),
        ("files", [Difference(("t1",), "/a", "/b")], "the path of T1 replaced"),
        ("decisions", [Difference(("X", "X-1"), ABSENT, "exclude")], "decision on X.X-1 added (exclude)"),
        ("tasks", [Difference(("mgmt",), ABSENT, {"label": "mgmt"})], "task mgmt added"),
        ("mask_codes", [Difference((), "brats", "native")], "codes of the tumour mask brats → native"),
        ("code", [Difference((), "ab", "cd")], "code of this step changed"),
        ("seed", [Difference((), 1, 2)], "seed changed"),
        ("none_of_ours", [Difference((), 1, 2)], "parameter none_of_ours 1 → 2"),
        ("", [Difference((), 1, ABSENT)], "a parameter taken away"),
    ],
)
def test_a_change_is_said_in_words(name, differences, said):
    assert change_of(name, differences) == said.replace("T1C", "T1c")


def test_many_changes_are_counted():
    many = [Difference((f"key{number}",), 1, 2) for number in range(9)]
    assert change_of("settings", many) == "key0 1 → 2; key1 1 → 2; key2 1 → 2 and 6 more changes"
    assert counted(["a", "a", "a", "a"], "changes") == "a"


def test_long_values_are_shortened():
    said = change_of("settings", [Difference(("a",), "x" * 500, "y")])
    assert len(said) < 120
    assert "…" in said


@pytest.mark.parametrize("name", [*PARAMETERS, "none_of_ours", ""])
def test_a_change_has_a_noun(name):
    assert noun_of(name).endswith(" changed")
