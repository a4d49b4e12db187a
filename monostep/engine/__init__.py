"""How a machine runs: compiled once, run many times."""
