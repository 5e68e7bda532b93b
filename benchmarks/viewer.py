"""Time to the first picture of the doctor's page, and the bytes sent for it, in Chromium with and without WebGL.

    python benchmarks/viewer.py http://127.0.0.1:8000 CASE [--repeats 3]

A server that runs already, and the id of a case that is done. Each time is of a new browser, so nothing is cached
there; the first line also holds the server's making of the display copies where nobody has looked at the case yet.
"""

from __future__ import annotations

import argparse
import shutil
import time
from typing import Any

from playwright.sync_api import sync_playwright

BROWSERS = {
    "WebGL (software)": ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
    "pictures": ["--disable-gpu", "--disable-software-rasterizer"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("case")
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    print("| browser | first picture, s | requests | MB sent | of it scripts and styles, MB |\n|---|---|---|---|---|")
    with sync_playwright() as play:
        for name, flags in BROWSERS.items():
            for _ in range(given.repeats):
                browser = play.chromium.launch(
                    executable_path=shutil.which("chromium"), args=["--no-sandbox", "--headless=new", *flags]
                )
                seconds, sent = opened(browser, f"{given.address}/cases/{given.case}?view=doctor&lang=en")
                browser.close()
                static = sum(size for url, size in sent if "/static/" in url)
                total = sum(size for _, size in sent)
                print(f"| {name} | {seconds:.2f} | {len(sent)} | {total / 1e6:.2f} | {static / 1e6:.2f} |", flush=True)


def opened(browser: Any, address: str) -> tuple[float, list[tuple[str, int]]]:
    """Seconds until the viewer has drawn, and each answer's address and bytes on the wire."""
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    addresses: dict[str, str] = {}
    sent: list[tuple[str, int]] = []
    wire.on("Network.requestWillBeSent", lambda one: addresses.update({one["requestId"]: one["request"]["url"]}))
    wire.on(
        "Network.loadingFinished",
        lambda one: sent.append((addresses.get(one["requestId"], ""), int(one["encodedDataLength"]))),
    )
    began = time.monotonic()
    page.goto(address, wait_until="commit")
    page.wait_for_selector("[data-viewer][data-drawn]", timeout=120_000)
    return time.monotonic() - began, sent


if __name__ == "__main__":
    main()
