"""Runs every benchmark in tests/benchmarks, one after the other, each in its own process.

A benchmark is a script that prints its figure; a file whose name begins with ``_`` is a helper of theirs. With
``--smoke`` each takes its smallest input, which only shows that it still runs. Exit code 1 where one of them failed.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent


def main(options: list[str]) -> int:
    """Run the scripts in the order of their names, handing ``options`` on."""
    scripts = sorted((HOUSE / "tests" / "benchmarks").glob("[!_]*.py"))
    failed = []
    for script in scripts:
        print(f"── {script.relative_to(HOUSE)} {' '.join(options)}".rstrip(), flush=True)
        begun = time.monotonic()
        code = subprocess.run([sys.executable, script, *options], cwd=HOUSE, check=False).returncode
        print(f"   {time.monotonic() - begun:.1f} s, exit code {code}", flush=True)
        if code:
            failed.append(script.name)
    if failed:
        print(f"bench: {', '.join(failed)} failed.", file=sys.stderr)
    else:
        print(f"bench: {len(scripts)} ran.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
