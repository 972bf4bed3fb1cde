"""Sends recorded requests to the sandbox, with its own ids in place of the recorded shop's."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from flask import Flask
from handoff_sandbox.access_tokens import TokenUser
from handoff_sandbox.shop import SandboxShop
from werkzeug.test import TestResponse

from tests.sandbox.recording import Answer, Recording, build_answer

TOKEN = re.compile(r"eyJ[\w-]+\.(eyJ[\w-]+)\.[\w-]+")
SECRET = re.compile(r"[A-Za-z0-9]{32}")
AGENT = {"User-Agent": "replay", "Host": "127.0.0.1"}


class FakeClock:
    """Shows the time at which the recording on turn was made."""

    def __init__(self, now: float):
        self.now = now

    def __call__(self) -> float:
        return self.now


@dataclass(slots=True)
class Replay:
    app: Flask
    shop: SandboxShop
    clock: FakeClock
    names: dict[str, str] = field(default_factory=dict)
    token_age: float = 0.0

    def play(self, recording: Recording) -> Answer:
        """Send the request and note under which ids the sandbox answers."""
        self.clock.now = recording.at
        response = self._send(recording)
        self.token_age = 0.0
        body = response.get_json(silent=True) if response.is_json else response.get_data(True)
        answer = build_answer(response.status_code, response.headers.to_wsgi_list(), body)
        self._learn(recording.answer.body, body)
        if recording.answer.session and answer.session:
            self.names[recording.answer.session] = answer.session
        return answer

    def translated(self, value: object) -> object:
        """Return a recorded value with the sandbox's own ids in it."""
        if isinstance(value, str):
            return self._rename(value)
        if isinstance(value, list):
            return [self.translated(each) for each in value]
        if isinstance(value, dict):
            return {key: self.translated(each) for key, each in value.items()}
        return value

    def _send(self, recording: Recording) -> TestResponse:
        headers = {name: self._rename(value) for name, value in recording.headers.items()}
        path, _, query = self._rename(recording.path).partition("?")
        client = self.app.test_client(use_cookies=False)
        return client.open(
            quote(path, safe="/%{}"),
            method=recording.method,
            query_string=query,
            headers=AGENT | headers,
            data=self._body(recording),
        )

    def _body(self, recording: Recording) -> bytes | None:
        body = recording.body
        if body is None:
            return None
        if isinstance(body, str):
            return body.encode()
        if "urlencoded" in recording.headers.get("Content-Type", "") and isinstance(body, dict):
            return urlencode(body).encode()
        return self._rename(json.dumps(body)).encode()

    def _rename(self, text: str) -> str:
        text = TOKEN.sub(lambda match: self._token(match[1]), text)
        for recorded, own in self.names.items():
            text = text.replace(recorded, own).replace(recorded.upper(), own.upper())
        return text

    def _token(self, claims: str) -> str:
        held = json.loads(urlsafe_b64decode(claims + "=="))
        return self.shop.tokens.issue(
            TokenUser(held["uid"], held["utypid"]), at=self.clock.now - self.token_age
        )

    def _learn(self, recorded: object, own: object) -> None:
        if isinstance(recorded, dict) and isinstance(own, dict):
            for key in recorded.keys() & own.keys():
                self._learn(recorded[key], own[key])
        elif isinstance(recorded, str) and isinstance(own, str) and SECRET.fullmatch(recorded):
            self.names[recorded] = own
