"""Import of models from diffusers, and export to it."""
