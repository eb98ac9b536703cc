"""The ways in: MLLP, HTTP, watched folders."""
