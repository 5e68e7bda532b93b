"""Draw the pictures of one centre's cases."""

import os
from pathlib import Path

from prologue import snakemake

os.environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = "1"  # its processes share the threads

from gliomanet.cohort.generated_files import made_files
from gliomanet.files.contents import write_contents
from gliomanet.imaging.quality.pictures.draw_center import draw_center

if __name__ == "__main__":  # the cases' processes import this file, too
    files = snakemake.params.files or made_files(snakemake.input.made)
    folders, out = [Path(folder) for folder in snakemake.input.folders], Path(snakemake.output.folder)
    out.mkdir(parents=True, exist_ok=True)
    draw_center(folders, files, out, processes=snakemake.threads)
    write_contents(out, Path(snakemake.output.contents))
