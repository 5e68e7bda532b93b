"""Pages that the site's build makes itself: the configuration from its models, the tables from their schemas."""

from __future__ import annotations

import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

CONFIGURATION = """# Configuration

A study is one YAML file. Its sections have a page each, made from the models that check every study
(`gliomanet.config`), so that a page cannot say what the program does not do. To check a study before any job, run
`gliomanet validate study.yaml`: it names every misspelt key with the nearest known one.

`.<name>` stands for a name of your choice.

| page | keys |
|---|---|
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages to the site, and to its navigation under Reference."""
    from gliomanet.config.reference import section_pages
    from gliomanet.tables.reference import tables_reference

    sections = section_pages()
    titles = {name: text.splitlines()[0].lstrip("# ") for name, text in sections.items()}
    rows = [f"| [{titles[name]}]({name}) | {_keys(text)} |" for name, text in sections.items()]
    pages = {"index.md": CONFIGURATION + "\n".join(rows) + "\n", **sections}
    for name, text in pages.items():
        files.append(File.generated(config, f"reference/configuration/{name}", content=text))
    files.append(File.generated(config, "reference/tables.md", content=tables_reference()))
    reference = next(entry["Reference"] for entry in config.nav or [] if "Reference" in entry)
    reference += [
        {"Configuration": [f"reference/configuration/{name}" for name in pages]},
        {"Tables": "reference/tables.md"},
    ]
    return files


def _keys(page: str) -> str:
    """The first few keys of a page's tables, so that the overview can be searched by eye."""
    keys = [line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| `")]
    return ", ".join(dict.fromkeys(keys[:8])) + (", …" if len(keys) > 8 else "")
