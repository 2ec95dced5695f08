"""One module per job, all of one shape: main(argv) -> int, run(runtime) -> Summary."""
