"""The subcommands of `wasl`."""
