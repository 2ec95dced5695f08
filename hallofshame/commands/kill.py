"""`hos kill`."""

import json

import click

from hallofshame import living_runs, settings
from hallofshame.clock import SystemClock
from hallofshame.errors import Permanent
from hallofshame.living_runs import LivingRun


@click.command()
@click.argument("job")
@click.option("--run", "run_id", help="Which run, by its id or the start of it, when several are alive.")
@click.option("--wait", default=90.0, show_default=True, help="Seconds to wait for its end.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def kill(job: str, run_id: str | None, wait: float, *, as_json: bool) -> None:
    """Stop the run of a JOB on this host, as its time limit would, and wait until it is gone.

    Runs that still wait for their turn are stopped by --run, or when no other is there.
    """
    clock = SystemClock()
    run = _choose(job, run_id, living_runs.of_job(settings.load().state_dir, job))
    started = clock.monotonic()
    gone = living_runs.stop(run, wait)
    seconds = clock.monotonic() - started
    if as_json:
        done = {"job": job, "run_id": run.run_id, "pid": run.pid, "gone": gone, "seconds": round(seconds, 3)}
        click.echo(json.dumps(done, indent=2))
    elif gone:
        click.echo(f"run {run.run_id} of {job}, pid {run.pid}, was told to stop and is gone after {seconds:.1f} s")
    if not gone:
        raise Permanent(
            f"run {run.run_id} of {job}, pid {run.pid}, was told to stop and is still there after {wait:g} s: "
            "its job has until --kill-after"
        )


def _choose(job: str, run_id: str | None, alive: list[LivingRun]) -> LivingRun:
    chosen = [run for run in alive if run.run_id.startswith(run_id or "")]
    if len(chosen) > 1:
        chosen = [run for run in chosen if not run.waits] or chosen
    if not chosen:
        which = f"no run {run_id} of {job}" if run_id else f"no run of {job}"
        raise Permanent(f"{which} is alive on this host: see hos runs {job}")
    if len(chosen) > 1:
        ids = ", ".join(run.run_id for run in chosen)
        raise Permanent(f"{len(chosen)} runs of {job} are alive here, choose one with --run: {ids}")
    return chosen[0]
