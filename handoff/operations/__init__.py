"""Logs, metrics, health checks, error handlers, the OpenAPI document, and gunicorn."""
