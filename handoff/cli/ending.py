"""How commands end: 0 fine, 1 findings, 2 could not run, 130 after Ctrl-C; always in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click

from handoff.problems import Problem

FINDINGS = 1
COULD_NOT_RUN = 2
INTERRUPTED = 130  # as shells say it of what Ctrl-C has ended


def give_up(words: str) -> NoReturn:
    """End with exit code 2 and the reason."""
    click.echo(words, err=True)
    raise click.exceptions.Exit(COULD_NOT_RUN)


@contextmanager
def ending_in_words() -> Iterator[None]:
    """Turn a Problem and Ctrl-C within the block into a word and an exit code."""
    try:
        yield
    except Problem as problem:
        give_up(problem.detail)
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
