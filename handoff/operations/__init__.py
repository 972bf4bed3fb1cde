"""For platform and operators: logs, metrics, health, error handlers, OpenAPI and gunicorn."""
