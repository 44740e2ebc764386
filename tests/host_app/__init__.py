"""A host application of this package. It uses public names only; mypy and pyright check it as a user's code."""
