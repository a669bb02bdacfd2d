"""Runs one program and ends it when whoever asked for it is gone, however that went.

Started as ``python -I keeper.py OUTPUT PROGRAM ARGUMENTS…`` with a pipe as stdin: it says the program's process number
on stdout, and ends the program when the pipe closes, which the system does even after ``kill -9``. Needs nothing of
Qyran, so that it starts quickly.
"""

from __future__ import annotations

import select
import signal
import subprocess
import sys

POLITELY_S = 3.0
LOOK_EVERY_S = 0.2


def main(arguments: list[str]) -> int:
    """Run until the program or our stdin ends; the exit code is the program's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    output, *command = arguments
    with open(output, "wb") as words:  # noqa: PTH123 (pathlib would double the start-up time)
        program = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=words, stderr=subprocess.STDOUT)
    print(program.pid, flush=True)
    while program.poll() is None:
        if select.select([sys.stdin], [], [], LOOK_EVERY_S)[0]:
            program.terminate()
            try:
                program.wait(POLITELY_S)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()
    return program.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
