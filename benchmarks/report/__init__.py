"""What was measured, in words and tables."""
