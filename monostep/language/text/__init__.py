"""Text to value: reading, positions, YAML."""
