"""The client registry: who an event is about."""
