"""Theme Park Hall of Shame: what two of its applications share. Kept empty, because `hos-cron` imports it first."""
