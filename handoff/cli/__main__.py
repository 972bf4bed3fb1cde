"""`python -m handoff.cli`, for where the `handoff` script is not on the path."""

from handoff.cli import main

main()
