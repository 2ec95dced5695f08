"""The JSON API and the public site."""
