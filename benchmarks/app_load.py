"""Load on the app's server: so many users at once on loopback, each with one case from upload to result.

    python benchmarks/app_load.py BUNDLE FOLDER_OF_IMAGES [--users 20]

It prints throughput, longest wait for an answer and for a result, and memory of the server and its worker.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil

PORT = 8479
ADDRESS = f"http://127.0.0.1:{PORT}"


async def user(client: httpx.AsyncClient, number: int, images: Path, waits: list[float]) -> float:
    """Send a case, follow it as its page does, open both views; seconds from the sending to the result."""
    began = time.monotonic()
    files = {
        ("mask" if path.name.startswith("tumour_mask") else path.name.split(".")[0]): (path.name, path.read_bytes())
        for path in images.glob("*.nii.gz")
    }
    told = {"label": f"user {number}", "age": "60", "sex": "F", "fast": "on"}
    made = (await timed(client, waits, "POST", "/api/cases", data=told, files=files)).json()
    while (state := (await timed(client, waits, "GET", f"/api/cases/{made['id']}")).json())["state"] != "done":
        if state["state"] == "failed":
            raise SystemExit(f"case {number} failed: {state['problem']}")
        await asyncio.sleep(1)
    seconds = time.monotonic() - began
    if state["label"] != f"user {number}":
        raise SystemExit("a case was mixed up")
    for view in ("doctor", "patient", "report"):
        (await timed(client, waits, "GET", f"/cases/{made['id']}?view={view}")).raise_for_status()
    return seconds


async def timed(
    client: httpx.AsyncClient, waits: list[float], method: str, path: str, **content: object
) -> httpx.Response:
    """An answer, and how long it took."""
    began = time.monotonic()
    answer = await client.request(method, path, **content)  # type: ignore[arg-type]
    waits.append(time.monotonic() - began)
    return answer


async def watched(server: psutil.Process, most: dict[str, int]) -> None:
    """Largest memory of the server and of its children."""
    while True:
        children = server.children(recursive=True)
        most["server"] = max(most["server"], server.memory_info().rss)
        most["worker"] = max(most["worker"], sum(one.memory_info().rss for one in children))
        await asyncio.sleep(0.5)


async def measure(server: psutil.Process, users: int, images: Path) -> None:
    """All users at once."""
    waits: list[float] = []
    most = {"server": 0, "worker": 0}
    async with httpx.AsyncClient(base_url=ADDRESS, headers={"Origin": ADDRESS}, timeout=120) as client:
        watching = asyncio.create_task(watched(server, most))
        began = time.monotonic()
        results = await asyncio.gather(*(user(client, number, images, waits) for number in range(users)))
        seconds = time.monotonic() - began
        watching.cancel()
    waits.sort()
    print(
        f"{users} users: {seconds:.0f} s, {60 * users / seconds:.1f} cases a minute; longest wait {max(results):.0f} s"
    )
    print(f"{len(waits)} requests: median {waits[len(waits) // 2]:.3f} s, longest {waits[-1]:.2f} s")
    print(f"memory: server {most['server'] / 2**20:.0f} MB, worker {most['worker'] / 2**20:.0f} MB")


def main() -> None:
    """Start a server, measure it, end it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("--users", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as store:
        options = ["--bundle", str(given.bundle), "--store", store, "--port", str(PORT)]
        command = [sys.executable, "-c", "from gliomanet.cli.main import app; app()", "serve", *options]
        process = subprocess.Popen(command)
        try:
            until = time.monotonic() + 120
            while True:
                try:
                    httpx.get(f"{ADDRESS}/api/cases")
                    break
                except httpx.TransportError:
                    if process.poll() is not None or time.monotonic() > until:
                        raise SystemExit("the server does not answer") from None
                    time.sleep(0.2)
            asyncio.run(measure(psutil.Process(process.pid), given.users, given.images))
        finally:
            process.terminate()
            process.wait(30)


if __name__ == "__main__":
    main()
