"""From an empty server to a site: rendering, validation, release and roll-back."""
