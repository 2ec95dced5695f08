"""The routes of the table, where the application serves them."""

from flask import Blueprint

from .table import ROUTES

routes = Blueprint("api", __name__, url_prefix="/api/v1")

for _route in ROUTES:
    routes.add_url_rule(_route.path, _route.endpoint, _route.serve, methods=["GET"])
