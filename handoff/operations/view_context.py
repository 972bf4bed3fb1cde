"""The objects that the views of a package work with, kept in the app that has the views."""

from __future__ import annotations

from typing import TypeVar

from flask import Blueprint, Flask, current_app

T = TypeVar("T")


def register_views(app: Flask, blueprint: Blueprint, context: object) -> None:
    """Add the views of a blueprint to an app, and the objects that they work with."""
    app.extensions[_build_extension_key(type(context))] = context
    app.register_blueprint(blueprint)


def get_view_context(kind: type[T]) -> T:
    """Return the objects of this kind in the app of this request."""
    context: T = current_app.extensions[_build_extension_key(kind)]
    return context


def _build_extension_key(kind: type[object]) -> str:
    return f"handoff.{kind.__name__}"
