"""AWS, as far as the deployer can tell: moto's server over HTTP, and a small declared fake in front of it.

The fake answers only what moto does not do or does otherwise than AWS; each behaviour cites AWS's documentation.
"""
