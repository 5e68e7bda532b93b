"""`results/tracking/compare.html`: one click from the report to MLflow's table of the last studies."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from html import escape
from pathlib import Path

from gliomanet.config.tracking import DATABASE
from gliomanet.files.atomic import write_atomically
from gliomanet.tracking.store import artifacts_of, database_of

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Compare studies in MLflow</title>
<style>body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 45rem; margin: 2rem auto; padding: 0 1rem }}</style>
</head>
<body>
<h1>Compare studies in MLflow</h1>
<p>Each table shows the models of the last ten studies that were brought into the same store, the best on external
cases first, with intervals, AUC and calibration.</p>
<ul>
{links}
</ul>
{start}
<script>
// From the report one comes with the name of a task: if MLflow answers, its table opens at once.
const link = document.getElementById(decodeURIComponent(location.hash.slice(1)));
const site = link && new URL(link.href).origin;
if (link) fetch(site, {{mode: "no-cors"}}).then(() => location.replace(link.href)).catch(() => {{}});
</script>
</body>
</html>
"""
LINK = '<li><a id="{task}" href="{link}">Best models for {task}</a></li>'
START = """<p>MLflow does not answer here yet? Start it, then reload this page:</p>
<pre><code>{command}</code></pre>"""
GONE = "<p>If nothing opens, the server {server} does not answer at the moment.</p>"


def write_compare_page(links: Mapping[str, str], uri: str, path: Path) -> None:
    """Write the page.

    Args:
        links: task → address of its view.
        uri: the store.
        path: the HTML file.
    """
    items = "\n".join(LINK.format(task=escape(task), link=escape(link)) for task, link in links.items())
    if uri.startswith(DATABASE):
        start = START.format(command=escape(server_command(uri)))
    else:
        start = GONE.format(server=escape(next(iter(links.values()), "").partition("/#/")[0]))
    write_atomically(path, PAGE.format(links=items, start=start).encode())


def server_command(uri: str) -> str:
    """The command that shows a SQLite store, and serves the files beside it, from any folder."""
    database = shlex.quote(f"{DATABASE}{database_of(uri).absolute()}")
    artifacts = shlex.quote(str(artifacts_of(uri).absolute()))
    return f"mlflow ui --backend-store-uri {database} --artifacts-destination {artifacts}"
