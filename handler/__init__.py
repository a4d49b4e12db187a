"""The artifact's package: the default workflow's tasks, and the way into them."""
