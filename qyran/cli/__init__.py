"""The command line: ``qyran COMMAND``; every command is a file here, imported only when it is called."""

from __future__ import annotations

import importlib
import os
import sys

import click

from planner.errors import QyranError
from qyran.cli.exits import Exit, exit_for

_COMMANDS = {
    "new": "qyran.cli.new:new",
    "plan": "qyran.cli.plan:plan",
    "check": "qyran.cli.plan:check",
    "export": "qyran.cli.plan:export",
    "convert": "qyran.cli.convert:convert",
    "diff": "qyran.cli.diff:diff",
    "preflight": "qyran.cli.preflight:preflight",
    "fly": "qyran.cli.fly:fly",
    "resume": "qyran.cli.resume:resume",
    "map": "qyran.cli.map:draw",
    "log": "qyran.cli.log:log",
    "book": "qyran.cli.book:book",
    "vehicle": "qyran.cli.vehicle:vehicle",
    "sim": "qyran.cli.sim:sim",
    "tui": "qyran.cli.tui:tui",
    "demo": "qyran.cli.demo:demo",
    "completion": "qyran.cli.completion:completion",
}


_COMPLETION = "_QYRAN_COMPLETE"


class _Commands(click.Group):
    """Commands by name; the file of one is read when it is wanted, so that ``--help`` answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="qyran", prog_name="qyran")
def app() -> None:
    """Plan drone patrols that fit the battery, prove them safe, fly them on ArduPilot, keep the record.

    \b
    Exit codes: 0 done · 1 done, and the answer is no · 2 wrong words or files · 3 no link · 4 the vehicle
    refused · 5 something is not installed · 130 interrupted.
    """


def main() -> None:
    """Run the command line; every error is a sentence on stderr and an exit code, never a traceback."""
    sys.exit(run(sys.argv[1:]))


def run(words: list[str]) -> int:
    """Run one command line and say its exit code (see ``Exit``)."""
    try:
        # Not standalone, click hands back the code of an Exit that a command raised.
        code = app.main(args=words, prog_name="qyran", standalone_mode=False)
    except QyranError as error:
        click.echo(f"qyran: {error}", err=True)
        return exit_for(error)
    except click.ClickException as error:
        error.show()
        return Exit.WRONG_INPUT
    except (KeyboardInterrupt, click.Abort):
        click.echo("qyran: interrupted", err=True)
        return Exit.INTERRUPTED
    except (SystemExit, OSError) as error:
        return _unwritten(error)
    return code if isinstance(code, int) else Exit.DONE


def _unwritten(error: SystemExit | OSError) -> int:
    """The exit code where stdout's reader has gone (for which click and rich leave with 1) or its disk is full."""
    if _COMPLETION in os.environ or (isinstance(error, OSError) and error.filename is not None):
        raise error
    # Point stdout elsewhere, so that the interpreter's last flush says nothing.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if isinstance(error, SystemExit | BrokenPipeError):
        return Exit.DONE
    click.echo(f"qyran: The answer cannot be written: {error.strerror}.", err=True)
    return Exit.WRONG_INPUT
