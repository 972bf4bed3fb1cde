"""Runs the command as `python -m handoff.cli` if the `handoff` script is not on the path."""

from handoff.cli import main

main()
