"""Facts that are asked for once, whether they come or the shop keeps silent."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from handoff.doctor.probe import Silence


class Knowing(Protocol):
    """Something that keeps what it knows."""

    known: dict[Any, Any]


Self = TypeVar("Self", bound=Knowing)
P = ParamSpec("P")
T = TypeVar("T")


def once(
    method: Callable[Concatenate[Self, P], T],
) -> Callable[Concatenate[Self, P], T]:
    """Let a method ask the shop the first time only; a Silence is raised again each time."""

    @wraps(method)
    def ask(self: Self, /, *args: P.args, **kwargs: P.kwargs) -> T:
        key = (method.__name__, args)
        if key not in self.known:
            try:
                self.known[key] = method(self, *args, **kwargs)
            except Silence as silence:
                self.known[key] = silence
        if isinstance(held := self.known[key], Silence):
            raise held
        fact: T = held
        return fact

    return ask
