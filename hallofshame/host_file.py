"""Where the settings of this host stand. Standard library alone, and little of it: the wrapper asks before its job."""

PATH = "/etc/hallofshame/hallofshame.env"

# In the environment: another file in its place, such as that of a second installation on the same host.
VARIABLE = "HOS_SETTINGS_FILE"
