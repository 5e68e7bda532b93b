"""Expiry: a case that nothing has happened to for so many days is deleted, as if somebody had deleted it."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from gliomanet.app.store.cases import CaseInUseError, Store, UnknownCaseError


def delete_expired(store: Store, days: float, now: datetime | None = None) -> list[str]:
    """Delete the cases that are over, and whose state last changed that many days ago.

    Args:
        store: of the cases; one that waits or is at work stays.
        days: that a case is kept.
        now: the time, with its zone; default: this moment.

    Returns:
        Their ids.
    """
    before = (now or datetime.now(UTC)) - timedelta(days=days)
    over = store.list("done", "failed", "cancelled")
    expired = []
    for case_id in (one.id for one in over if datetime.fromisoformat(one.changed_at) < before):
        # Somebody deleted it at this moment, or looks at it: then it goes the next time.
        with suppress(UnknownCaseError, CaseInUseError), store.leaving(case_id):
            store.audit.tell("expired", case_id)
            store.delete(case_id)
            expired.append(case_id)
    return expired
