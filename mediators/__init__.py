"""How it is read: one folder a format. Pure: no I/O, no clock, no random."""
