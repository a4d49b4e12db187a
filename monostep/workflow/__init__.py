"""A machine with its functions: bound, run, watched."""
