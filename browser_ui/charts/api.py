"""The charts: pure functions from numbers to inline SVG."""

from browser_ui.charts.medication import Course, Period, medication_bars
from browser_ui.charts.series import Chart, Series, bar_chart, line_chart
from browser_ui.charts.sparkline import Range, Reading, sparkline
from browser_ui.charts.timeline import Lane, Mark, timeline

__all__ = [
    "Chart",
    "Course",
    "Lane",
    "Mark",
    "Period",
    "Range",
    "Reading",
    "Series",
    "bar_chart",
    "line_chart",
    "medication_bars",
    "sparkline",
    "timeline",
]
