"""What this project's README, docs and HTML page say: templates, tables and findings of its runs.

No part of the library: only this folder and params.yaml name runs.
"""
