"""Reference generated from the configuration's models: JSON schema, file of defaults, table of keys, pages per section."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gliomanet.config.study import Study

TABLE_START, TABLE_END = "<!-- keys: generated, do not edit -->", "<!-- end of keys -->"


Nested = Iterator[tuple[type[BaseModel], str]]
"""Sections inside a key, each with its path from there."""

_BOUNDS = {"ge": "≥ {}", "gt": "> {}", "le": "≤ {}", "lt": "< {}", "min_length": "at least {} of them"}
"""Constraint of a field → its words; a text's `min_length` of 1 is said otherwise."""


def schema() -> str:
    """JSON schema of a study's configuration."""
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


def section_pages() -> dict[str, str]:
    """Render the configuration as one Markdown page per section.

    Returns:
        File name → page, in the order of the configuration: `study.md` (keys that are no section), then one page per
        key that holds sections, such as `centers.md` and `models.md`. Each holds tables of key, type, default, allowed
        and description; each section inside a section has a heading of its own.
    """
    plain = {key: field for key, field in Study.model_fields.items() if not list(_nested(field.annotation, ""))}
    pages = {"study.md": _page("Study", "Keys at the outermost level of a study's file.", _table(plain))}
    for key, field in Study.model_fields.items():
        if key not in plain:
            blocks = [block for model, step in _nested(field.annotation, "") for block in _blocks(model, key + step)]
            pages[f"{key}.md"] = _page(f"`{key}`", _meaning(field), "\n\n".join(blocks))
    return pages


def _page(title: str, lead: str, body: str) -> str:
    return f"# {title}\n\n{lead}\n\n{body}\n"


def _blocks(model: type[BaseModel], path: str) -> Iterator[str]:
    """A section's heading, summary and table, then those of the sections inside it."""
    kind = model.model_fields.get("kind")
    kinds = ", kind " + ", ".join(f"`{name}`" for name in get_args(kind.annotation)) if kind else ""
    summary = (model.__doc__ or "").strip().splitlines()[0]
    heading = "" if path in Study.model_fields else f"## `{path}`{kinds}\n\n{summary}\n\n"
    yield f"{heading}{_table(model.model_fields)}"
    for key, field in model.model_fields.items():
        for inner, step in _nested(field.annotation, ""):
            yield from _blocks(inner, f"{path}.{key}{step}")


def _table(fields: Mapping[str, FieldInfo]) -> str:
    rows = ["| key | type | default | allowed | description |", "|---|---|---|---|---|"]
    for key, field in fields.items():
        allowed = _literals(field.annotation) or _bounds(field)
        cells = (f"`{key}`", _allowed(field.annotation, values=False), _default(field), allowed, _meaning(field))
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows)


def _meaning(field: FieldInfo) -> str:
    return field.description or ""


def _literals(annotation: Any) -> str:
    """Every value of a key that may be one of few, or a list of these; "" for any other key."""
    if getattr(annotation, "__name__", "") == "Literal":
        return ", ".join(f"`{value}`" for value in get_args(annotation))
    found = [text for argument in get_args(annotation) if (text := _literals(argument))]
    return found[0] if found else ""


def _bounds(field: FieldInfo) -> str:
    words = []
    for constraint in field.metadata:
        for name, template in _BOUNDS.items():
            if (bound := getattr(constraint, name, None)) is None:
                continue
            empty = name == "min_length" and bound == 1
            words.append("not empty" if empty else template.format(f"{bound:g}"))
    return ", ".join(words)


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


def _nested(annotation: Any, step: str) -> Nested:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, step
        return
    here = ".<name>" if get_origin(annotation) is dict else "[]" if get_origin(annotation) is tuple else ""
    for argument in get_args(annotation):
        yield from _nested(argument, step + here)


def _allowed(annotation: Any, *, values: bool = True) -> str:
    """A key's type in words; of a key that may be one of few values, those, or (`values` false) their type."""
    if get_origin(annotation) is Annotated:
        return _allowed(get_args(annotation)[0], values=values)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "section"
    arguments = [a for a in get_args(annotation) if a is not Ellipsis]
    name = getattr(annotation, "__name__", str(annotation))
    if name == "Literal":
        return ", ".join(f"`{a}`" for a in arguments) if values else type(arguments[0]).__name__
    if not arguments:
        return "none" if annotation is type(None) else "any" if annotation is Any else name
    kinds = list(dict.fromkeys(_allowed(a, values=values) for a in arguments))
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
