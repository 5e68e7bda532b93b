"""What is generated from `study.py`: the JSON schema, the file of defaults, and the table of keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gliomanet.config.study import Study

TABLE_START, TABLE_END = "<!-- keys: generated, do not edit -->", "<!-- end of keys -->"


def schema() -> str:
    """The JSON schema of a study's configuration."""
    return json.dumps(Study.model_json_schema(), indent=2, sort_keys=True) + "\n"


def defaults() -> str:
    """Every key of a study that has a default, as YAML."""
    optional = {k: f for k, f in Study.model_fields.items() if not f.is_required()}
    values = {k: _plain(f.get_default(call_default_factory=True)) for k, f in optional.items()}
    return "# Generated from src/gliomanet/config: the keys that a study may leave out.\n" + yaml.safe_dump(
        values, sort_keys=False, width=110
    )


def key_table() -> str:
    """Every key as a Markdown table: key, type, default, meaning."""
    rows = ["| key | allowed | default | meaning |", "|---|---|---|---|"]
    for key, field in fields_of(Study):
        cells = (f"`{key}`", _allowed(field.annotation), _default(field), field.description or "")
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows)


def write_reference(root: Path) -> None:
    """Write schema, defaults and key table to their places in the repository at `root`."""
    (root / "workflow/schemas/study.schema.json").write_text(schema(), encoding="utf-8")
    (root / "workflow/schemas/defaults.yaml").write_text(defaults(), encoding="utf-8")
    readme = root / "config/README.md"
    readme.write_text(with_key_table(readme.read_text(encoding="utf-8")), encoding="utf-8")


def with_key_table(page: str) -> str:
    """The page with its generated part renewed."""
    before, _, rest = page.partition(TABLE_START)
    _, _, after = rest.partition(TABLE_END)
    return f"{before}{TABLE_START}\n{key_table()}\n{TABLE_END}{after}"


def fields_of(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every key below a section, with its field: `centers.<name>.source(phantom).cases`, …"""
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}", field
        for nested, step in _nested(field.annotation, ""):
            label = f"{prefix}{name}{step}"
            tag = nested.model_fields.get("kind")
            yield from fields_of(nested, f"{label}({_tag(tag)})." if tag else f"{label}.")


def _tag(kind: FieldInfo) -> str:
    """The kind whose keys these are; of a section for several kinds, the first."""
    first, *others = get_args(kind.annotation)
    return f"{first}, …" if others else str(first)


def _nested(annotation: Any, step: str) -> Iterator[tuple[type[BaseModel], str]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, step
        return
    here = ".<name>" if get_origin(annotation) is dict else "[]" if get_origin(annotation) is tuple else ""
    for argument in get_args(annotation):
        yield from _nested(argument, step + here)


def _allowed(annotation: Any) -> str:
    if get_origin(annotation) is Annotated:
        return _allowed(get_args(annotation)[0])
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "section"
    arguments = [a for a in get_args(annotation) if a is not Ellipsis]
    name = getattr(annotation, "__name__", str(annotation))
    if name == "Literal":
        return ", ".join(f"`{a}`" for a in arguments)
    if not arguments:
        return "none" if annotation is type(None) else "any" if annotation is Any else name
    kinds = list(dict.fromkeys(_allowed(a) for a in arguments))
    if get_origin(annotation) is dict:
        return f"map of {kinds[-1]}"
    if get_origin(annotation) in (tuple, list):
        return (
            f"{len(arguments)} × {kinds[0]}"
            if Ellipsis not in get_args(annotation) and len(arguments) > 1
            else f"list of {kinds[0]}"
        )
    return " or ".join(kinds)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = _plain(field.get_default(call_default_factory=True))
    return "see its keys" if isinstance(value, dict) and value else f"`{json.dumps(value)}`"


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _plain(value.model_dump(mode="json"))
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, tuple | list) else value
