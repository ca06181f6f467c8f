"""Builds the programs of `.ci/checks`, and counts their instructions."""

import os
import pathlib
import subprocess
import tempfile

CI = pathlib.Path(__file__).resolve().parent
TARGET = CI.parent / "target" / "checks"


def build(name, profile="release", *options, **environment):
    command = ["cargo", "build", "--quiet", "--locked", "--manifest-path", CI / "checks" / "Cargo.toml", "--target-dir", TARGET]
    subprocess.run([*command, "--profile", profile, "--bin", name, *options], check=True, env={**os.environ, **environment})
    return TARGET / profile / name


def measure(*command):
    """Each line that the program prints after it called its function `measured`, and callgrind's file of that call."""
    with tempfile.TemporaryDirectory() as folder:
        only = ["--compress-strings=no", "--collect-atstart=no", "--toggle-collect=*::measured", "--dump-after=*::measured"]
        valgrind = ["valgrind", "--tool=callgrind", *only, f"--callgrind-out-file={folder}/out"]
        listing = subprocess.run([*valgrind, *command], check=True, capture_output=True, text=True).stdout
        for number, line in enumerate(listing.splitlines(), 1):
            yield line, pathlib.Path(f"{folder}/out.{number}").read_text()


def say(what, right):
    print(f"{what}{'' if right else '  WRONG'}")
    return right
