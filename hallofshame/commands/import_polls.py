"""`hos import`."""

from pathlib import Path

import click

from hallofshame import settings
from hallofshame.importing import Imported, import_file
from hallofshame.store import database


@click.command("import")
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
def import_polls(files: tuple[Path, ...]) -> None:
    """Store the polls of each FILE (a polls file, plain or gzip) as history; what is stored already stays as it is."""
    engine = database.open_ready(settings.load().database_url.get_secret_value())
    for path in files:
        click.echo(_told(path, import_file(engine, path)))


def _told(path: Path, imported: Imported) -> str:
    days = f"--park {imported.park_id} --from {imported.first_day} --to {imported.last_day}"
    issues = "".join(f", {count} {kind}" for kind, count in sorted(imported.issues.items()))
    return (
        f"{path}: {imported.new_polls} of {imported.polls} polls new, with {imported.new_readings} readings{issues}; "
        f"days are cut by {imported.timezone}. Judge them: hos backfill {days}"
    )
