"""When things happen in the demo: all moments are counted back from the moment of loading."""

from datetime import datetime, time, timedelta
from random import Random

from django.utils import timezone

# When enquiries come in, hour → weight; people look for cars in the evening.
_HOURS = {7: 2, 8: 4, 9: 6, 10: 7, 11: 7, 12: 6, 13: 5, 14: 6, 15: 6, 16: 7, 17: 7, 18: 7, 19: 8}
_HOURS |= {20: 8, 21: 6, 22: 3, 23: 1}
_OPEN, _CLOSE = time(8, 15), time(18, 45)
_SUNDAY = 6


class Calendar:
    """The past year as seen from `now`."""

    def __init__(self, now: datetime, rng: Random) -> None:
        self.now = now
        self._today = timezone.localtime(now).date()
        self._rng = rng

    def on(self, days_ahead: int, hour: int, minute: int = 0) -> datetime:
        """A time of day so many days ahead of today (negative: ago)."""
        day = self._today + timedelta(days=days_ahead)
        return timezone.make_aware(datetime.combine(day, time(hour, minute)))

    def enquiry(self, days_ago: int) -> datetime:
        """When an enquiry of that day came in; today's came before now."""
        hour = self._rng.choices(list(_HOURS), list(_HOURS.values()))[0]
        minute = self._rng.randrange(60)
        if days_ago:
            return self.on(-days_ago, hour, minute)
        midnight = self.on(0, 0)
        return midnight + (self.now - midnight) * ((60 * hour + minute) / (24 * 60))

    def after(self, start: datetime, minutes: float) -> datetime:
        """So much later, in opening hours; if that is still to come, some time before now."""
        moment = timezone.localtime(start + timedelta(minutes=minutes))
        if moment.time() > _CLOSE:
            moment = self._opening(moment + timedelta(days=1))
        elif moment.time() < _OPEN:
            moment = self._opening(moment)
        if moment.weekday() == _SUNDAY:
            moment = self._opening(moment + timedelta(days=1))
        return moment if moment < self.now else start + (self.now - start) * 0.6

    def _opening(self, moment: datetime) -> datetime:
        # Not drawn by lot: how often this happens depends on the day on which the demo is loaded.
        minutes = moment.minute * 13 % 75
        return timezone.make_aware(
            datetime.combine(moment.date(), _OPEN) + timedelta(minutes=minutes)
        )
