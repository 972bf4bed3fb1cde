"""What is measured. Each case runs on its own and returns its findings."""
