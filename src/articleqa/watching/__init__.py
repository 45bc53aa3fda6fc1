"""New articles, as they arrive: folders and feeds that are watched, and what is told of them."""

from articleqa.watching.folders import usable
from articleqa.watching.report import Change, ChangeKind, ReportCallback, WatchReport
from articleqa.watching.watch import Watch

__all__ = ["Change", "ChangeKind", "ReportCallback", "Watch", "WatchReport", "usable"]
