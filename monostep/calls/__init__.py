"""Who answers a Task."""
