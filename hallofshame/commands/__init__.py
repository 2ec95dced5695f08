"""The operators' commands, one module each: what `hos NAME` does. They ask the stores and print; no rule lives here."""
