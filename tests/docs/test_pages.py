"""Every code block of the pages holds what it says: Python that compiles, studies that validate, commands that exist."""

from __future__ import annotations

import re
import shlex

import pytest
import typer
import yaml

from gliomanet.cli.main import app
from gliomanet.config.load import load_study
from tests.docs.blocks import ROOT, blocks_of, edited, pages

BLOCKS = [block for page in pages() for block in blocks_of(page)]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
COMMANDS = typer.main.get_command(app).commands
PROGRAMS = {"snakemake", "mlflow", "source", "export", "git", "cd", "ls", "head", "mkdir", "touch", "printf", "python"}
PROGRAMS |= {"squeue", "generate-slurm-partition-config"}
PROGRAMS |= {"ruff", "mypy", "lint-imports", "snakefmt", "pip", "pre-commit"}


def of(*languages):
    return [pytest.param(block, id=str(block)) for block in BLOCKS if block.language in languages]


def test_every_language_is_one_that_is_checked():
    assert {block.language for block in BLOCKS} <= {"python", "yaml", "sh", "diff", "text"}


@pytest.mark.parametrize("block", of("python"))
def test_python_compiles(block):
    compile(block.text, str(block), "exec")


@pytest.mark.parametrize("block", of("yaml"))
def test_a_study_is_one(block):
    values = yaml.safe_load(block.text)
    assert isinstance(values, dict)
    if "centers" in values and "how-to/" not in block.page:  # those name what the page adds; test_how_to validates them
        load_study(values)


@pytest.mark.parametrize("block", of("sh"))
def test_commands_exist(block):
    for line in block.text.replace("\\\n", " ").splitlines():
        program, *rest = shlex.split(line, comments=True) or [""]
        if program == "make":
            assert rest[0] in TARGETS, line
        elif program == "gliomanet":
            known = {option for parameter in COMMANDS[rest[0]].params for option in parameter.opts}
            assert {word.split("=")[0] for word in rest if word.startswith("--")} <= known, line
        elif program:
            assert program in PROGRAMS, line


@pytest.mark.parametrize("block", of("diff"))
def test_edits_fit_the_files_they_name(block):
    assert edited((ROOT / block.title).read_text(encoding="utf-8"), block)


def test_commands_inside_sentences_exist():
    for page in pages():
        if page.name == "CHANGELOG.md":
            continue  # it speaks of what was
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"`make ([a-z-]+)", text):
            assert target in TARGETS, f"{page.name}: make {target}"
        for command in re.findall(r"`(?:\.venv/bin/)?gliomanet ([a-z-]+)", text):
            assert command in COMMANDS, f"{page.name}: gliomanet {command}"
