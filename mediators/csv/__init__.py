"""Row formats, by a mapping."""
