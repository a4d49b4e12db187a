"""Monostep: one container image, every step."""
