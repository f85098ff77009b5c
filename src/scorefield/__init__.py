"""Scorefield: a reproducible laboratory for diffusion models."""
