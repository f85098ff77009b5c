"""What this project's README and docs say: their templates, and the tables of its own runs.

No part of the library: only this folder and params.yaml name runs.
"""
