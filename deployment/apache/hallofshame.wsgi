"""What mod_wsgi loads (hallofshame-mod-wsgi.conf): the application, with the settings that the site has of its own."""

from dotenv import load_dotenv

from hallofshame import settings

# Beside those of the host, and over them, as hos-web.service has it.
load_dotenv(settings.host_settings().with_name("web.env"), override=True)

from hallofshame.webapp.wsgi import application  # noqa: E402, F401 - made at import, of those settings
