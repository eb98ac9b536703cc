"""What moves: receive, mediate, deliver, and all that a running program needs."""
