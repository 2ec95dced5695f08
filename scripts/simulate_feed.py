"""A Queue-Times feed with invented rides, for tests and demos: `python scripts/simulate_feed.py --help`."""

import sys

from simulation.command import main  # type: ignore[import-not-found]  # found beside this script when it runs

if __name__ == "__main__":
    sys.exit(main())
