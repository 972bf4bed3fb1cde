"""Questions of a command. Each has an option that answers it where there is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import click

from handoff.cli.command_exit import exit_with_error


@dataclass(frozen=True, slots=True)
class Questions:
    """Asks on the terminal. With `takes_proposals` it asks nothing that has a proposed answer."""

    takes_proposals: bool

    def ask_text(
        self,
        option: str,
        question: str,
        proposal: str | None = None,
        *,
        is_secret: bool = False,
        parse: Callable[[str], str] = str.strip,
    ) -> str:
        """Return a text; a secret one is not shown. Exit with code 2 if nobody can be asked.

        The question is asked again as long as `parse` raises click.BadParameter for the answer.
        """
        if proposal is not None and self.takes_proposals:
            return proposal
        self._require_terminal(option)
        answer = click.prompt(
            question,
            default=proposal,
            hide_input=is_secret,
            show_default=bool(proposal) and not is_secret,
            value_proc=parse,
            err=True,
        )
        return str(answer)

    def ask_yes_or_no(self, option: str, question: str, *, proposal: bool) -> bool:
        """Return a yes or no. Exit with code 2 if nobody can be asked."""
        if self.takes_proposals:
            return proposal
        self._require_terminal(option)
        return bool(click.confirm(question, default=proposal, err=True))

    def _require_terminal(self, option: str) -> None:
        # Python has no standard input if the caller has closed it.
        if sys.stdin is None or not sys.stdin.isatty():
            exit_with_error(f"{option} is needed, because there is no terminal to ask on.")
