"""The container image: `python -m image` builds it on the host; layers.py makes its two layers in the build stage."""
