"""What the web server loads: `hallofshame.webapp.wsgi:application`, made at import because that is its purpose."""

import gc
import logging

from hallofshame import logs, settings
from hallofshame.clock import SystemClock
from hallofshame.errors import Transient
from hallofshame.store import database
from hallofshame.store.engine import Engine

from .app import create_app

log = logging.getLogger(__name__)

ANSWER_WITHIN_SECONDS = 3  # of the database: whoever asks us is better served by the last good answer


def _open(url: str) -> Engine:
    """Open the database. One that is away is opened unseen: the site says so until it is back."""
    try:
        return database.open_ready(url, ANSWER_WITHIN_SECONDS)
    except Transient as error:
        log.warning("started without the database: %s", error)
        return database.open_as_it_is(url, ANSWER_WITHIN_SECONDS)


logs.configure()
_settings = settings.load()
application = create_app(_settings, SystemClock(), _open(_settings.database_url.get_secret_value()))

# What is loaded by now stays. Looked through for garbage again and again, it stopped a worker for 60 ms each time.
gc.collect()
gc.freeze()
