"""What watches the system: health, missed runs, data quality."""
