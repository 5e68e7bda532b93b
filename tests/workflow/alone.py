"""A job's script, run without Snakemake: `python -I alone.py SCRIPT JOB.pickle`.

It fails where a module came from anywhere but this environment, Python itself, and the folder that the script is in.
"""

import atexit
import os
import pickle
import runpy
import sys
from pathlib import Path


class Fields(list):
    """A list some of whose parts have names, as scripts see `snakemake.input`."""

    def __init__(self, values, names):
        super().__init__(values)
        self.__dict__.update(names)

    def items(self):
        return self.__dict__.items()

    def keys(self):
        return self.__dict__.keys()

    def get(self, name, default=None):
        return self.__dict__.get(name, default)

    def __getitem__(self, key):
        return self.__dict__[key] if isinstance(key, str) else super().__getitem__(key)


class Job:
    """What a script finds as `snakemake`."""

    def __init__(self, fields):
        for name, value in fields.items():
            setattr(self, name, Fields(*value) if isinstance(value, tuple) else value)


def foreign_modules(folder):
    """Modules that came from elsewhere."""
    real = os.path.realpath
    standard = real(os.__file__).rsplit("/", 1)[0]
    allowed = (real(sys.prefix) + "/", real(folder) + "/")
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file is None or name == "__main__":
            continue
        path = real(file)
        of_python = path.startswith(standard + "/") and "-packages/" not in path
        if not (path.startswith(allowed) or of_python):
            yield f"{name} came from {path}"


def check(folder):
    found = list(foreign_modules(folder))
    if found:
        print(*found, sep="\n", file=sys.stderr, flush=True)
        os._exit(3)


if __name__ == "__main__":
    script = Path(sys.argv[1])
    job = Job(pickle.loads(Path(sys.argv[2]).read_bytes()))
    atexit.register(check, script.parents[2])
    sys.path.insert(0, str(script.parent))
    sys.argv = [str(script)]
    runpy.run_path(str(script), init_globals={"snakemake": job}, run_name="__main__")
