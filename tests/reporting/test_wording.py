"""The reader of sentences that pages and reports share."""

import pytest

from gliomanet.reporting.wording import Wording, sentences_of

SAY = Wording({"one": "A {n}.", "two": {"deep": "B", "named": {"a.b": "C"}}})


def test_a_sentence_has_its_values() -> None:
    assert (SAY("one", n=3), SAY("two.deep"), SAY.name("two.named", "a.b")) == ("A 3.", "B", "C")
    assert (SAY.has("two.named", "a.b"), SAY.has("two.named", "a")) == (True, False)


@pytest.mark.parametrize("key", ["three", "two.flat", "one"])
def test_what_is_not_there_is_an_error(key: str) -> None:
    with pytest.raises(KeyError):
        SAY(key)


@pytest.mark.parametrize(
    ("package", "file"),
    [
        ("gliomanet.app", "words/{}.yaml"),
        ("gliomanet.case_report", "words/{}.yaml"),
        ("gliomanet.reporting", "templates/patient/{}.yaml"),
    ],
)
def test_every_file_of_sentences_has_the_same_keys_in_both_languages(package: str, file: str) -> None:
    def keys(found: object, path: str = "") -> set[str]:
        if not isinstance(found, dict):
            return {path}
        return {key for name, one in found.items() for key in keys(one, f"{path}.{name}")}

    english, chinese = (keys(sentences_of(package, file.format(one))) for one in ("en", "zh"))
    assert english == chinese
