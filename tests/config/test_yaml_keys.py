"""What YAML would lose or change without a word is refused with its key and line."""

from __future__ import annotations

import pytest

from gliomanet.config.load import load_study, read_study_file
from gliomanet.errors import StudyError


def read(tmp_path, text):
    path = tmp_path / "study.yaml"
    path.write_text(text)
    return read_study_file(path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: 1\nb: 2\na: 3\n", [("key_twice", "a", 3)]),
        ("c:\n  EAST: {r: 1}\n  NORTH: {}\n  EAST: {r: 2}\n", [("key_twice", "c.EAST", 4)]),
        ("m: {net: {C: 1,\n C: 2}}\n", [("key_twice", "m.net.C", 2)]),
        ("m:\n  - {k: 1, k: 2}\n", [("key_twice", "m.0.k", 2)]),
        ('a: 1\n"a": 2\n', [("key_twice", "a", 2)]),
        ("1: a\n1.0: b\n", [("key_twice", "1.0", 2)]),
        ("0x10: a\n16: b\n", [("key_twice", "16", 2)]),
        ('{"a": 1,\n "a": 2}\n', [("key_twice", "a", 2)]),
        ("a: &x {k: 1,\n k: 2}\nb: *x\n", [("key_twice", "a.k", 2)]),
        ("c:\n  NO: 1\n  SE: 2\n", [("key_read_as_bool", "c.NO", 2)]),
        ("yes: 1\non: 2\n", [("key_read_as_bool", "yes", 1), ("key_read_as_bool", "on", 2)]),
        ("x: &x {k: 1}\nz: &z {k: 2}\ny:\n  <<: *x\n  <<: *z\n", [("key_twice", "y.<<", 5)]),
        ("title: 2026-02-30\n", [("no_value", "title", 1)]),
        ("a: 1\n2026-02-30: t\n", [("no_value", "", 2)]),
        ("title: 0b_\n", [("no_value", "title", 1)]),
        ("seed: 010\n", [("number_of_another_base", "seed", 1)]),
        ("cases: [1, 1:30]\n", [("number_of_another_base", "cases.1", 1)]),
    ],
)
def test_what_is_refused(tmp_path, text, found):
    with pytest.raises(StudyError) as caught:
        read(tmp_path, text)
    assert [(problem.rule, problem.key, problem.line) for problem in caught.value.problems] == found
    assert all(problem.file.endswith("study.yaml") and problem.action for problem in caught.value.problems)


def test_both_lines_are_named(tmp_path):
    with pytest.raises(StudyError, match="line 4: is there twice, also in line 2"):
        read(tmp_path, "c:\n  EAST: 1\n  NORTH: 2\n  EAST: 3\n")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("x: &x {k: 1, j: 2}\ny: {<<: *x, k: 3}\n", {"x": {"k": 1, "j": 2}, "y": {"k": 3, "j": 2}}),
        ("x: &x {k: 1}\nz: &z {k: 2}\ny: {<<: [*x, *z], k: 3}\n", {"x": {"k": 1}, "z": {"k": 2}, "y": {"k": 3}}),
        ("a: &x [1, 2]\nb: *x\nc: *x\n", {"a": [1, 2], "b": [1, 2], "c": [1, 2]}),
        ("'NO': 1\n'no': 2\n", {"NO": 1, "no": 2}),
        ("a: 0\nb: 0.5\nc: 1_000\nd: '010'\n", {"a": 0, "b": 0.5, "c": 1000, "d": "010"}),
        ("a: {k: 1}\nb: {k: 1}\n", {"a": {"k": 1}, "b": {"k": 1}}),
    ],
)
def test_what_is_read(tmp_path, text, values):
    assert read(tmp_path, text) == values


PHANTOM = "{role: train, source: {kind: phantom, cases: 8}}"


def test_a_number_that_yaml_takes_for_text_is_a_number(tmp_path):
    text = f"centers: {{A: {PHANTOM}}}\nmodels: {{age: {{kind: logistic, C: 1e-2}}}}\n"
    assert load_study(read(tmp_path, text)).models["age"].C == 0.01


def test_a_label_value_read_as_true_or_false_says_which_words_are(tmp_path):
    text = f"labels: {{tert: [no, yes]}}\ncenters: {{A: {PHANTOM}}}\nmodels: {{age: {{kind: logistic}}}}\n"
    with pytest.raises(StudyError) as caught:
        load_study(read(tmp_path, text))
    assert [(p.key, p.rule) for p in caught.value.problems] == [(f"labels.tert.{n}", "string_type") for n in (0, 1)]
    assert "no, off and false" in caught.value.problems[0].found
    assert "quotes" in caught.value.problems[0].action
