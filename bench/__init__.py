"""Measurements: each writes a file into bench/results, from which docs/reference/performance.md is made.

Never part of `make test`: a figure depends on the machine, and a test must not.
"""
