"""What a machine is: its models, its expansion, its rules."""
