"""What happened to each message: a projection of the received records and of wasl.steps."""
