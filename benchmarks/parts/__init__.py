"""What is measured. Each part runs by itself and returns what it found."""
