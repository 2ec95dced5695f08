"""What `scripts/bench NAME` runs: one module each, `main(argv)`. Figures are ratios to a floor or a peer of one run."""
