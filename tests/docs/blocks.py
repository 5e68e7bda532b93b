"""Code blocks of a Markdown page, and following them: files written, edits applied, commands run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(
    r'^(?P<indent> *)```(?P<language>\w+)(?: title="(?P<title>[^"]+)")? *\n(?P<text>.*?)^(?P=indent)``` *$',
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file that its title names ("" for none), its text and its line in the page."""

    page: str
    line: int
    language: str
    title: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line} ({self.language})"


def pages() -> list[Path]:
    """Every Markdown page of the repository that a person wrote."""
    return sorted(
        [*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md"), ROOT / "config/README.md", ROOT / "benchmarks/README.md"]
    )


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    name = str(page.relative_to(ROOT))
    found = []
    for match in FENCE.finditer(text):
        indent = len(match["indent"])
        body = "".join(line[indent:] if line.strip() else line for line in match["text"].splitlines(keepends=True))
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(name, line, match["language"], match["title"] or "", body))
    assert text.count("```") == 2 * len(found), f"{name}: a code block without a language, or not closed"
    return found


def follow(block: Block, folder: Path, *, timeout: int = 600) -> str:
    """Do what a block says in `folder`: write its file, apply its edit, or run it; the output of what was run.

    A block with a title is a file (`diff`: an edit of one). One without is run where it is Python or shell.
    """
    file = folder / block.title
    if block.language == "diff":
        file.write_text(edited(file.read_text(encoding="utf-8"), block), encoding="utf-8")
        return ""
    if block.title:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.text, encoding="utf-8")
        return ""
    command = [sys.executable, "-c", block.text] if block.language == "python" else ["bash", "-ec", block.text]
    run = subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False, timeout=timeout
    )
    assert run.returncode == 0, f"{block}:\n{block.text}\n{run.stdout[-4000:]}\n{run.stderr[-4000:]}"
    return run.stdout


def run_page(page: Path, folder: Path, *, timeout: int = 3000) -> str:
    """Follow a tutorial in `folder`, its Python blocks in one session, as a person would; the output of all of it."""
    lines = ["import subprocess as _process", "from pathlib import Path as _Path"]
    for block in blocks_of(page):
        if block.title:
            lines.append(f"_Path({block.title!r}).write_text({block.text!r}, encoding='utf-8')")
        elif block.language == "python":
            lines.append(block.text)
        elif block.language == "sh":
            lines.append(f"_process.run(['bash', '-ec', {block.text!r}], check=True)")
    script = "\n".join(lines)
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    assert run.returncode == 0, f"{page.name}:\n{run.stdout[-4000:]}\n{run.stderr[-4000:]}"
    return run.stdout


def copy_repository(folder: Path, *parts: str) -> None:
    """The parts of the repository that a page needs, where it may change them."""
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", ".snakemake")
    for part in parts:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=ignored)
        else:
            shutil.copy(source, folder / part)
    (folder / "profiles").symlink_to("workflow/profiles")  # where Snakemake looks, beside the Snakefile


def edited(text: str, block: Block) -> str:
    """The text with a block's edit: lines that stay begin with a space, new ones with +, old ones with -."""
    lines = block.text.splitlines(keepends=True)
    assert all(line[0] in " +-\n" for line in lines), f"{block}: a line of an edit begins with space, + or -"
    before = "".join(line[1:] or "\n" for line in lines if line[0] != "+")
    after = "".join(line[1:] or "\n" for line in lines if line[0] != "-")
    assert text.count(before) == 1, (
        f"{block}: its old lines stand {text.count(before)} times in {block.title}:\n{before}"
    )
    return text.replace(before, after)


def environment(folder: Path) -> dict[str, str]:
    """What a person has after `source .venv/bin/activate`, with the library of `folder`."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "COV_", "MLFLOW_"))}
    return {**kept, "PATH": path, "PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
