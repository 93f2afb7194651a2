"""The house's kind of task: it has a name in words and a policy for failures, and takes ids."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.utils.functional import Promise
from django_tasks_db.backend import DatabaseBackend, TaskResult
from django_tasks_db.compat import Task

P = ParamSpec("P")
T = TypeVar("T")


class NotAnId(TypeError):
    """A job was given something that may be personal data; the queue keeps its arguments."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Retry:
    """How often a failing task is tried, and how long it waits: longer and longer."""

    attempts: int = 5
    first_delay: timedelta = timedelta(seconds=5)
    longest_delay: timedelta = timedelta(minutes=15)

    def delay(self, attempts: int) -> timedelta:
        """The time to wait after so many attempts, with some chance in it so that not all come
        back at once."""
        longest = min(self.longest_delay, self.first_delay * (1 << min(attempts - 1, 20)))
        return longest * random.uniform(0.5, 1)  # noqa: S311 (spreads load, guards nothing)


@dataclass(frozen=True, kw_only=True, slots=True)
class HouseTask(Task[P, T]):
    """What `@task(title=…, retry=…)` makes of a function."""

    title: str | Promise = ""
    retry: Retry = Retry()


class HouseBackend(DatabaseBackend):
    """The queue of the library, with our kind of task."""

    task_class = HouseTask
    supports_async_task = False

    def enqueue(self, task: Task[P, T], args: Any, kwargs: Any) -> TaskResult[P, T]:
        """Raises NotAnId."""
        check_ids(task, args, kwargs)
        return super().enqueue(task, args, kwargs)


def check_ids(task: Task[P, T], args: Any, kwargs: Any) -> None:
    """Raises NotAnId."""
    for value in [*args, *kwargs.values()]:
        if not _is_id(value):
            raise NotAnId(f"{task.module_path}: pass ids, not {type(value).__name__}")


def _is_id(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_id, value))
    if isinstance(value, str):  # JSON has no UUIDs
        try:
            UUID(value)
        except ValueError:
            return False
        return True
    return value is None or isinstance(value, int)
