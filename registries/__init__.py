"""Who, where, by whom."""
