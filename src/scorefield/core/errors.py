"""Errors that users see."""


class InputError(ValueError):
    """Bad input from outside, told in one line that names the file or key and what was expected."""
