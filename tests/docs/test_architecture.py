"""The picture of the workflow is the workflow's; the architecture page's tables name what there is."""

from __future__ import annotations

import html
import re
import subprocess
import sys

import networkx

from tests.docs.blocks import ROOT


def drawn() -> networkx.DiGraph:
    """Rules and their order as the committed picture has them."""
    text = (ROOT / "docs/rulegraph.svg").read_text(encoding="utf-8")
    nodes = re.findall(r'class="node">\s*<title>(\d+)</title>.*?<text[^>]*>(\w+)</text>', text, re.DOTALL)
    names = dict(nodes)
    edges = [html.unescape(edge).split("->") for edge in re.findall(r"<title>(\d+&#45;&gt;\d+)</title>", text)]
    graph = networkx.DiGraph((names[a], names[b]) for a, b in edges)
    graph.add_nodes_from(names.values())
    return graph


def test_the_picture_is_that_of_the_workflow():
    command = [sys.executable, "-m", "snakemake", "--rulegraph", "dot"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    names = dict(re.findall(r'(\d+)\[label = "(\w+)"', run.stdout))
    graph = networkx.DiGraph((names[a], names[b]) for a, b in re.findall(r"(\d+) -> (\d+)", run.stdout))
    graph.add_nodes_from(names.values())
    picture = drawn()
    message = "the picture is of another workflow: make rulegraph renews docs/rulegraph.svg"
    assert set(picture.nodes) == set(graph.nodes), message
    assert set(picture.edges) <= set(graph.edges), message
    # The picture leaves out what follows from other edges; later stages train again, so there are circles of rules.
    assert closure(picture) == closure(graph), message


def closure(graph: networkx.DiGraph) -> set[tuple[str, str]]:
    return set(networkx.transitive_closure(graph, reflexive=None).edges)


def test_the_page_names_every_rule_file_and_every_folder_of_the_library():
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rules = set(
        re.findall(
            r"^(?:check|local)?rule (\w+):",
            "\n".join(f.read_text() for f in (ROOT / "workflow/rules").glob("*.smk")),
            re.MULTILINE,
        )
    )
    missing = {rule for rule in rules if f"`{rule}`" not in page} - {"all"}
    assert not missing
    top = [path for path in (ROOT / "src/gliomanet").iterdir() if not path.name.startswith(("_", "."))]
    names = {f"{path.name}/" if path.is_dir() else path.name for path in top if path.suffix in {"", ".py"}}
    assert not {name for name in names if not re.search(rf"^[ │├└─]*{re.escape(name)}", page, re.MULTILINE)}


def test_the_page_names_nothing_that_is_gone():
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:[a-z_]+/)+(?:[a-z_]+\.py)?)`", page)
    places = [ROOT, ROOT / "src/gliomanet", ROOT / "workflow"]
    gone = [n for n in named if not n.startswith("results/") and not any((place / n).exists() for place in places)]
    assert not gone
