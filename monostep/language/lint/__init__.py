"""The rules a definition is held to, and the advice."""
