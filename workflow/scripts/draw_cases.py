"""Draw the pictures of one centre's cases."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

os.environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = "1"  # its processes share the threads

from gliomanet.cohort.generated_files import made_files
from gliomanet.imaging.quality.pictures.draw_center import draw_center
from gliomanet.pipeline.job_log import log_to


def main() -> None:
    log_to(snakemake.log[0])
    files = snakemake.params.files or made_files(snakemake.input.sources)
    folders, out = [Path(folder) for folder in snakemake.input.folders], Path(snakemake.output.folder)
    out.mkdir(parents=True, exist_ok=True)
    draw_center(folders, files, out, processes=snakemake.threads)


if __name__ == "__main__":  # the cases' processes import this file, too
    main()
