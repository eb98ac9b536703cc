"""What it costs, and against what."""
