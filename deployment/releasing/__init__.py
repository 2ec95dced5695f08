"""`deployment/deploy`: releases built aside, switched, smoked, kept or rolled back.

All but `smoke` and `json_shapes` are the standard library alone: they run with the host's own Python, before there is
any release.
"""
