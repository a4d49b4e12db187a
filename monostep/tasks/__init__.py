"""The Lambda path: tasks by name, typed input, checked output, the answer to an event."""
