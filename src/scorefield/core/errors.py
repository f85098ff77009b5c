"""Errors that users see."""


class InputError(ValueError):
    """Invalid input; the message is one line with the file or key and what was expected."""
