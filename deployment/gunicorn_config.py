"""How Gunicorn serves the site: `gunicorn --config python:hallofshame.deployment.gunicorn_config`."""

from hallofshame import logs, settings

wsgi_app = "hallofshame.webapp.wsgi:application"
bind = "127.0.0.1:5001"  # Apache stands in front; a socket that systemd hands over takes its place

worker_class = "gthread"  # an answer waits for the database most of its time
workers = settings.load_or_default()[0].web_workers  # while one is replaced, the other answers
threads = 4  # each may hold a connection: fewer than a worker's pool has

timeout = 30  # a worker that hangs as a whole is replaced; one slow answer is not
graceful_timeout = 20  # seconds that answers under way are given at a restart
keepalive = 15  # longer than Apache keeps a connection open: it must not write into one that we close

limit_request_line = 8_190  # what Apache lets through: a query that is too long is told so by the application

control_socket_disable = True  # systemd starts and stops it; nobody else has to reach it

# Apache logs each access. What Gunicorn has to say goes the way of our own lines: JSON, on stderr.
accesslog = None
errorlog = None
logconfig_dict = {
    "version": 1,
    "incremental": True,
    "root": {},
    "handlers": {},
    "loggers": {"gunicorn.error": {"propagate": True}},
}
logs.configure()
