"""People who are not there, and how those who meet them write them down: for the demonstration and the benchmarks."""
