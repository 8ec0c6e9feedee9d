"""The ways to run a workload: a table of names, resolved only when asked for."""
