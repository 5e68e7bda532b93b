"""Metrics: functions of arrays that know no table."""
