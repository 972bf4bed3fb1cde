"""The servers of a benchmark: each on a free port of this machine, and gone afterwards."""
