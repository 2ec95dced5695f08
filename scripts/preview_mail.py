"""Render one plausible mail of each kind into a folder, as text, HTML and a message to open with a mail program.

Run it with `python -m scripts.preview_mail FOLDER`.
"""

import argparse
from pathlib import Path

from hallofshame.alerts.composing import compose
from tests.alert_samples import NOW, RECIPIENTS, SAMPLES, SENDER


def main() -> None:
    """Write them, and say each subject."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, sample in SAMPLES.items():
        mail = compose(*sample(), SENDER, RECIPIENTS, NOW)
        (folder / f"{name}.txt").write_text(mail.text, encoding="utf8")
        (folder / f"{name}.html").write_text(mail.html or "", encoding="utf8")
        (folder / f"{name}.eml").write_bytes(mail.as_bytes())
        print(f"{name:<14} {mail.subject}")


if __name__ == "__main__":
    main()
