"""Text to value: paths, intrinsics, templates and JSONata, pure."""
