"""`python -m channels` is `wasl`."""

from channels.cli import main

main()
