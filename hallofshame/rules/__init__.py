"""Pure domain rules: no I/O, no clock, no database. Their verdicts are stored, and queries only add them up."""
