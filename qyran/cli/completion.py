"""``qyran completion SHELL``: what a shell needs to complete Qyran's words."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from qyran.cli import app


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of SHELL.

    \b
    bash: qyran completion bash > ~/.local/share/bash-completion/completions/qyran
    zsh:  qyran completion zsh > ~/.zfunc/_qyran
    fish: qyran completion fish > ~/.config/fish/completions/qyran.fish
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    click.echo(kind(app, {}, "qyran", "_QYRAN_COMPLETE").source())
