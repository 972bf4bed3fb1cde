"""`python -m handoff.commands`, for where the `handoff` script is not on the path."""

from handoff.commands import main

main()
