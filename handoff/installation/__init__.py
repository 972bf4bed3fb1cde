"""The parts of `handoff init` that ask nobody: they read a shop, plan its settings, write files."""
