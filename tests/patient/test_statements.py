"""Statements: one sentence a code in each language, with equal values; and the Chinese page, which holds no other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from importlib.resources import files
from string import Formatter

import pytest
import yaml

from gliomanet.labels.who import LEGACY_STATES, LEGAL_STATES, integrated_type
from gliomanet.patient import diagnosis
from gliomanet.patient.page.view import Medium
from gliomanet.patient.page.words import words
from gliomanet.patient.page.write import rendered
from gliomanet.patient.protocol import beside_protocol
from gliomanet.patient.result import NAME, InputFile, ResultError, ResultValues
from gliomanet.patient.statements.sentences import LANGUAGES, sentences
from gliomanet.patient.statements.statement import Statement, state, technical
from gliomanet.patient.survival import IDH_GROUPS
from gliomanet.patient.trust.metrics import METRICS

FOLDERS = {"gliomanet.patient": "statements", "gliomanet.reporting": "templates/patient"}


def leaves(tree: dict, path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", str(value)


def sentences_of(package: str, language: str) -> dict[str, str]:
    text = files(package).joinpath(f"{FOLDERS[package]}/{language}.yaml").read_text(encoding="utf-8")
    return {key: one for key, one in leaves(yaml.safe_load(text)) if not key.startswith("names.")}


def places(sentence: str) -> set[tuple[str, str | None]]:
    return {(field, kind) for _, field, kind, _ in Formatter().parse(sentence) if field is not None}


@pytest.mark.parametrize("package", FOLDERS)
def test_languages_have_the_same_sentences_about_the_same_values(package):
    english, chinese = (sentences_of(package, language) for language in LANGUAGES)
    assert english.keys() == chinese.keys()
    assert [key for key in english if places(english[key]) != places(chinese[key])] == []
    told_apart = {"language", "lang", "comma", "semicolon", "range", "and", "made.digest"}
    equal = {key for key in english if english[key] == chinese[key]} - told_apart
    assert equal <= {"says.technical", "external.metrics.mcc", "external.metrics.auc"}


def test_kinds_of_names_are_those_of_both_languages():
    english, chinese = (sentences(language) for language in LANGUAGES)
    assert english.names.keys() == chinese.names.keys()
    kinds = {
        kind for _, one in leaves(english.says) for _, kind in places(one) if kind and len(kind) > 1 and kind.isalpha()
    }
    assert kinds <= {*english.names, "english"}
    for kind, named in english.names.items():
        assert named.keys() <= chinese.names[kind].keys(), kind


def test_a_statement_holds_its_values_and_english_and_survives_json():
    metric = METRICS["fluid_t1c"].says
    said = state("trust.check", metric=metric, value=0.512, low=1.0, high=2.0, think_of=state("think_of.blurred"))
    assert said.text == (
        "Brightness of fluid less that of white matter in T1c is 0.512; nine in ten training cases have 1 to 2: "
        "a blurred image"
    )
    assert Statement.model_validate_json(said.model_dump_json()) == said
    assert sentences("zh").html(said) == "T1增强 上脑脊液与白质的亮度差为 0.512，九成训练病例为 1 至 2：图像模糊"


def test_a_code_or_value_that_is_missing_is_an_error():
    with pytest.raises(KeyError):
        state("no.such.code")
    with pytest.raises(KeyError):
        state("trust.flag")


def test_technical_text_is_marked_english_and_is_no_markup():
    said = state("trust.flag", flag="<b>t1</b> covers 90% of the brain")
    assert sentences("en").html(said) == "Look at the images: &lt;b&gt;t1&lt;/b&gt; covers 90% of the brain"
    marked = '请查看图像：<span lang="en">&lt;b&gt;t1&lt;/b&gt; covers 90% of the brain</span>'
    assert sentences("zh").html(said) == marked


def test_a_code_of_a_newer_program_is_told_in_english():
    newer = Statement(code="trust.of_tomorrow", values={}, text="A new sentence")
    assert sentences("zh").html(newer) == '<span lang="en">A new sentence</span>'


def test_every_metric_says_in_both_languages_what_to_think_of():
    for name, metric in METRICS.items():
        for code in filter(None, (metric.low, metric.high)):
            assert all(sentences(language).knows(f"think_of.{code}") for language in LANGUAGES), name
        assert metric.low or metric.bad == "high", name
        assert metric.high or metric.bad == "low", name
        assert metric.says.text


def test_every_type_and_class_has_a_chinese_name():
    types = {integrated_type(*state) for state in LEGAL_STATES + LEGACY_STATES} | {*IDH_GROUPS.values()}
    types |= {diagnosis.GLIOBLASTOMA, diagnosis.ASTROCYTOMA, diagnosis.OLIGODENDROGLIOMA}
    types |= {diagnosis.UNGRADED, diagnosis.LEGACY}
    chinese = sentences("zh")
    assert {name for name in types if chinese.name("type", name) == name} == set()
    assert chinese.name("type", diagnosis.OLIGODENDROGLIOMA) == "少突胶质细胞瘤，IDH突变和1p/19q联合缺失型"


def given(**sizes) -> list[InputFile]:
    return [InputFile(image=name, digest="", voxels=None, voxel_mm=mm, orientation="") for name, mm in sizes.items()]


def test_what_lacks_of_the_recommended_protocol_is_said():
    whole = beside_protocol(given(t1=(1, 1, 1), t1c=(1, 1, 1.2), t2=(0.5, 0.5, 5), flair=(1, 1, 1)))
    assert [one.code for one in whole] == ["protocol.given", "protocol.diffusion"]
    thick = beside_protocol(given(t1c=(0.5, 0.5, 5), tumour_mask=None))
    assert [one.code for one in thick] == ["protocol.missing", "protocol.not_isotropic", "protocol.diffusion"]
    assert thick[0] == state("protocol.missing", modalities=("t1", "t2", "flair"))
    assert thick[1] == state("protocol.not_isotropic", modality="t1c", size="0.5 × 0.5 × 5")


@pytest.mark.parametrize("version", [1, 3, None])
def test_a_result_of_another_version_is_refused(predicted, tmp_path, version):
    values = json.loads((predicted.folder / NAME).read_text())
    values = {key: one for key, one in values.items() if key != "schema_version"}
    if version is not None:
        values["schema_version"] = version
    (tmp_path / NAME).write_text(json.dumps(values))
    with pytest.raises(ResultError) as caught:
        ResultValues.read(tmp_path / NAME)
    assert caught.value.problem.rule == "result_of_another_version"


def test_a_torn_result_is_refused(predicted, tmp_path):
    values = json.loads((predicted.folder / NAME).read_text())
    del values["tasks"]
    (tmp_path / NAME).write_text(json.dumps(values))
    with pytest.raises(ResultError) as caught:
        ResultValues.read(tmp_path / NAME)
    assert caught.value.problem.rule == "no_result"


ALLOWED = {
    *("IDH", "MGMT", "CDKN", "TERT", "EGFR", "FLAIR", "WHO", "VASARI", "DWI", "BTIP", "MNI", "MCC", "AUC", "SHA"),
    *("BLAKE", "UTC", "GLCM", "GLRLM", "GLSZM", "GLDM", "NGTDM", "Dice", "Kaplan", "Meier", "Ellingson", "Neuro"),
    *("Oncology", "gliomanet", "result", "json", "native", "atlas", "log", "fast", "explain", "LPS", "RAS"),
}
"""Proper names, acronyms and names of files and options, which Chinese radiologists read in Latin letters."""


def latin_words(text: str, names: set[str]) -> set[str]:
    """Words of three Latin letters and more outside of what is marked as English."""
    text = re.sub(r"<style>.*?</style>", " ", text, flags=re.DOTALL)
    text = re.sub(r"<meta [^>]*>", " ", text)
    text = re.sub(r'<span lang="en">.*?</span>', " ", text, flags=re.DOTALL)
    shown = re.findall(r'(?:alt|aria-label|data-title)="([^"]*)"', text)
    shown.append(re.sub(r"<[^>]*>", " ", text))
    for name in sorted(names, key=len, reverse=True):
        shown = [re.sub(rf"\b{re.escape(name)}\b", " ", one) for one in shown]
    return {word for one in shown for word in re.findall(r"[A-Za-z]{3,}", one)} - ALLOWED


@pytest.mark.parametrize("medium", [Medium.SCREEN, Medium.APP])
def test_the_chinese_page_holds_no_english_but_what_is_marked(predicted, medium):
    values = predicted.content
    flagged = state("trust.flag", flag="the brain is odd")
    values = values.model_copy(
        update={
            "trust": values.trust.model_copy(update={"reasons": (flagged,)}),
            "warnings": (*values.warnings, flagged),
            "notes": (technical("left out: case X"), state("note.unknown_fact", fact="age", model="chain")),
        }
    )
    if medium is Medium.APP:
        from gliomanet.patient.page.context import sections_of
        from gliomanet.patient.page.view import View
        from gliomanet.patient.page.write import body_of

        view = View(medium, predicted.folder, lambda file: "")
        parts = sections_of(values, words("zh"), view)
        text = "".join(body_of(one, words("zh"), medium) for one in parts)
    else:
        text = rendered(values, predicted.folder, words("zh"), medium)
        assert '<html lang="zh-Hans">' in text
    source = values.bundle
    names = {source.title, source.model, source.scenario, source.digest, values.case.case_id}
    names |= {one.model for one in values.external} | {one.model for one in values.explained.attribution}
    names |= {one.digest[:16] for one in values.inputs} | {"net", "chain"}
    assert latin_words(text, names) == set()
    assert '<span lang="en">the brain is odd</span>' in text


def test_numbers_are_equal_in_both_languages(predicted):
    def numbers(language: str) -> list[str]:
        text = rendered(predicted.content, predicted.folder, words(language), Medium.SCREEN)
        text = re.sub(r"<style>.*?</style>|<svg.*?</svg>", " ", text, flags=re.DOTALL)
        cells = [unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", text, re.DOTALL)]
        return sorted(
            found for cell in cells for found in re.findall(r"\d+(?:[.,]\d+)*", re.sub(r"<[^>]*>", " ", cell))
        )

    english, chinese = numbers("en"), numbers("zh")
    assert len(english) > 300
    assert english == chinese
