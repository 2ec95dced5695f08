"""The JSON API, version 1: one module a family of routes."""
