"""Magento's GraphQL API, `POST /graphql`."""

from __future__ import annotations

from flask import Flask

from handoff_sandbox.graphql.view import bp


def register(app: Flask) -> None:
    app.register_blueprint(bp)
