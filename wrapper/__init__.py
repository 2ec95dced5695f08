"""`hos-cron`: bounds, records and reports any job. Standard library only until the job has been started."""
