"""The configuration package holds values: no digest counts it, so nothing in it may decide what a job computes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import gliomanet.config

MODULES = sorted(Path(gliomanet.config.__file__).parent.rglob("*.py"))

MACHINERY = {
    "load": "reads a study's file, and refuses what is wrong with it",
    "yaml_keys": "refuses keys and numbers of a study's file that YAML would lose or change",
    "cross_checks": "refuses a study whose parts do not agree",
    "unread_keys": "refuses keys of a model that nothing reads",
    "messages": "words the refusals",
    "reference": "renders schema, defaults and documentation from the models",
}
"""Modules made of functions: none gives a job a value that its parameters do not hold."""

FUNCTIONS = {
    "labels.label_problems": "refuses names of further labels",
    "labels.task_problems": "refuses tasks on labels that there are not",
    "tracking.without_password": "words the refusals, and what is shown of an address",
    "sources.data_path": "fills in `{data_root}`",
    "image_models.image_model": "validates plain values: the way back from a job's parameters",
}
METHODS = {
    "study.Study.vocabulary": "looks up the values of each label",
    "study.Study.is_tabular": "looks up the kind of the sources",
    "study.Study.centers_of": "looks up the centres of a role",
    "study.Study.preprocessing_of": "lays a centre's keys over the study's; jobs get the result as a parameter",
    "study.Study.data_path": "fills in `{data_root}`",
}
"""Functions beside validators, each with the reason that it decides nothing."""


def functions_of(file: Path) -> dict[str, ast.FunctionDef]:
    """Every function and method of a module by its qualified name."""
    found: dict[str, ast.FunctionDef] = {}

    def walk(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found[f"{prefix}.{node.name}"] = node
            elif isinstance(node, ast.ClassDef):
                walk(node.body, f"{prefix}.{node.name}")

    walk(ast.parse(file.read_text(encoding="utf-8")).body, file.stem)
    return found


def is_validator(file: Path, node: ast.FunctionDef) -> bool:
    """A Pydantic validator, or a function that a type or a default is annotated with."""
    decorators = {ast.unparse(decorator).split("(")[0] for decorator in node.decorator_list}
    if decorators & {"model_validator", "field_validator", "field_serializer"}:
        return True
    text = "".join(each.read_text(encoding="utf-8") for each in MODULES)
    return any(f"{use}{node.name}" in text for use in ("AfterValidator(", "BeforeValidator(", "default_factory="))


@pytest.mark.parametrize("file", [file for file in MODULES if file.stem not in MACHINERY], ids=lambda file: file.stem)
def test_a_section_defines_models_types_constants_and_validators_only(file):
    allowed = FUNCTIONS.keys() | METHODS.keys()
    others = [name for name, node in functions_of(file).items() if name not in allowed and not is_validator(file, node)]
    assert others == [], "move what decides a job's result to a module that the code digest counts"
    kinds = ast.ClassDef | ast.Assign | ast.AnnAssign | ast.Import | ast.ImportFrom | ast.FunctionDef | ast.Assert
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        assert is_text or isinstance(node, kinds), ast.unparse(node)


@pytest.mark.parametrize("file", [file for file in MODULES if file.stem not in MACHINERY], ids=lambda file: file.stem)
def test_every_class_of_a_section_is_a_pydantic_model(file):
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            assert [ast.unparse(base) for base in node.bases] != [], f"{node.name} is no section"


def test_what_is_allowed_is_there():
    """An exception that nothing needs any more is removed."""
    there = {name for file in MODULES for name in functions_of(file)}
    assert there >= FUNCTIONS.keys() | METHODS.keys()
    assert MACHINERY.keys() <= {file.stem for file in MODULES} | {file.parent.name for file in MODULES}
