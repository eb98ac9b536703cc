"""Whether two records are of one human being: pure comparison, told by rules that are data."""
