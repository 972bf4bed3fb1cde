"""The service as a WSGI application, from the settings in the environment."""

from handoff.app_factory import create_app

app = create_app()
