"""Bare Flask views, alone and with the calls and writes that the service needs."""
