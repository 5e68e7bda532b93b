"""Read and validate a study's file, with every problem at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from gliomanet.config.cross_checks import problems_of
from gliomanet.config.messages import describe
from gliomanet.config.study import Study
from gliomanet.config.yaml_keys import text_problems
from gliomanet.errors import Problem, StudyError


def load_study(values: Mapping[str, Any]) -> Study:
    """Validate the keys and values of a study.

    Raises:
        StudyError: every problem at once, each with its key, what was found, what is allowed and the nearest key.
    """
    try:
        study = Study.model_validate(dict(values))
    except ValidationError as error:
        raise StudyError(describe(error, Study)) from None
    if problems := problems_of(study):
        raise StudyError(problems)
    return study


def read_study_file(path: Path) -> dict[str, Any]:
    """Read the keys and values of a study's YAML file; an empty file has none.

    Raises:
        StudyError: text that is no YAML or not UTF-8, or whose outermost level is no mapping, a key that is there twice
            or is read as true or false, a number that is read by another base; each with its line.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        problems = text_problems(root) if root else []  # before loading, which merges keys into the nodes
        values = None if problems else yaml.safe_load(text)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise _refused(path, line, "not UTF-8 text", "save it as UTF-8", "not_utf8") from None
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise _refused(path, line, "a character that YAML does not allow", "remove it", "forbidden_character") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        found, action = f"no YAML: {error.problem or error.context}", "mend this line or the one above"
        raise _refused(path, mark.line + 1 if mark else None, found, action, "no_yaml") from None
    if root is not None and not isinstance(root, yaml.MappingNode):
        found = "a list" if isinstance(root, yaml.SequenceNode) else f"only {root.value!r}"
        action = "a study is a mapping of keys to values (`centers: …`)"
        raise _refused(path, root.start_mark.line + 1, f"found {found}", action, "no_mapping")
    if problems:
        raise StudyError(problem.at(file=str(path)) for problem in problems)
    return values or {}


def _refused(path: Path, line: int | None, found: str, action: str, rule: str) -> StudyError:
    return StudyError([Problem(found, action, file=str(path), line=line, rule=rule)])
