"""Every figure the rules stand on, once, with its unit and its reason. No behaviour.

A change here changes what was judged before: step `RULES_VERSION`, which is stored with every verdict.
"""

from datetime import time

RULES_VERSION = 3

# Readings (domain page, 4.1)
STALE_AFTER_SECONDS = 1_800  # measured: ages cluster under 6 min, almost none lie between 6 and 30
LONGEST_WAIT_MINUTES = 300  # measured: the largest true waits stay below; 995 was seen for a ride that had none

# Operating day (4.2, 4.4)
DAY_STARTS_AT = time(4)  # after every closing and before every opening in the recorded data
FINAL_AFTER_SECONDS = 1_800  # a day over at 04:00 is judged finally from 04:30: the last polls may come late
POLL_INTERVAL_SECONDS = 600  # the source refreshes every 5 min; 10 is polite

# Park window (4.2)
WAITING_RIDES_BY_RIDES_OPEN = ((10, 3), (5, 2), (0, 1))  # one stray wait must not open a large park
WINDOW_AT_LEAST_SECONDS = 3_600  # below: a test run, not an operating day
PEAK_PARTS = 2  # a poll is active with half of the day's peak open: leaves out early entry and after-hours events
EXTENSION_BELOW_SECONDS = 3_600  # an unfinished window reaches to the latest poll this long after the last active one

# Time (4.3)
HOLD_AT_MOST_SECONDS = 1_200  # bridges one missed poll; at 600 every late poll would lose seconds
EDGE_WITHIN_SECONDS = HOLD_AT_MOST_SECONDS  # a poll this near outside the window shows that it ends there

# Downtime (4.4)
STOP_PEAK_AT_LEAST = 5  # in a smaller park half of the rides may close for reasons of their own
USUAL_HOURS_SLACK_SECONDS = 1_800  # measured: better than none (precision) and than an hour (recall)
HISTORY_OPERATED_DAYS = 14
USUAL_HOURS_DAYS_AT_LEAST = 3  # measured: as good as 7
USUALLY_OPEN_DAYS_AT_LEAST = 7  # half of the history

# Weights (4.5)
DEFAULT_TIER = 2
WEIGHT_OF_TIER = {1: 3, 2: 2, 3: 1}
DEFAULT_WEIGHT = WEIGHT_OF_TIER[DEFAULT_TIER]

# Colours (4.6): real daily scores are mostly 0 to 1, bad days reach 2
FAIR_FROM_SHAME = 0.2
POOR_FROM_SHAME = 0.5
SHAME_FROM_SHAME = 1.0

# Trends (4.6): the uptime of parks moves by 1 to 4 points, that of rides by more
PARK_TREND_POINTS_AT_LEAST = 1
RIDE_TREND_POINTS_AT_LEAST = 5

# Ranking (4.7); what differs by the length of the period stands in `ranking`
RANKED_COVERAGE_PERCENT_AT_LEAST = 50
FULL_COVERAGE_PERCENT_AT_LEAST = 90  # below: badge "partial data"
RANKED_RIDES_AT_LEAST = 3
AWARDED_PARK_RIDES_AT_LEAST = 5  # one bad ride of three makes no worst park

# How old the newest poll may be.
LIVE_WITHIN_SECONDS = 1_200  # two polls: one may be lost
LOST_AFTER_SECONDS = 3_600  # six polls in a row are no accident
