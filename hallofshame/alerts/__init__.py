"""What is told of incidents: decided, composed, queued and brought out, for the recorder, `hos` and the watcher."""
