"""Makes the pictures of these pages from a real demo flight, by headless Chromium: ``make pictures``.

With a map's path (``make pictures ARGS=demo-out/map.html``) that map is taken and nothing is flown.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).resolve().parent / "images"
MOST_BYTES = 300_000
CHROMIUM_OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def main(words: list[str]) -> int:
    """Take the picture of the map that is named, or of a demo flown for it; 5 without Chromium."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        print("pictures: no Chromium on this machine (Debian: apt install chromium).", file=sys.stderr)
        return 5
    if words:
        take(program, Path(words[0]), IMAGES / "map.png")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        qyran = Path(sys.executable).with_name("qyran")
        done = subprocess.run([qyran, "demo", "--out", folder], check=False)
        if done.returncode:
            return done.returncode
        take(program, Path(folder) / "map.html", IMAGES / "map.png")
    return 0


def take(program: str, page_file: Path, picture: Path) -> None:
    """Open a map as it opens for a user and keep what is seen."""
    picture.parent.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_OPTIONS)
        page = browser.new_page(viewport={"width": 1180, "height": 740})
        page.goto(page_file.resolve().as_uri())
        page.wait_for_timeout(500)
        page.screenshot(path=picture)
        browser.close()
    size = picture.stat().st_size
    print(f"pictures: {picture.name}, {size / 1000:.0f} kB")
    if size > MOST_BYTES:
        print(f"pictures: more than {MOST_BYTES / 1000:.0f} kB; take a plainer background.", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
