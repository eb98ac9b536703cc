"""Where events land: one module a system."""
