"""The service as a WSGI application, from the settings in the environment."""

from handoff import create_app

app = create_app()
