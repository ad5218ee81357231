"""From published checkpoint files to a model folder; `convert` is the way in."""
