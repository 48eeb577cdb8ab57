# SPDX-License-Identifier: GPL-3.0-or-later
"""A wall clock of one program's own that is wrong until it is set (tools/other-clock.c)."""
import os
import shlex

from .suite import BUILD

BEHIND = 1_000_000       # 1970-01-12: a machine without a battery
AHEAD = 2_840_000_000    # 2059-12-30

LIBRARY = BUILD / "tests" / "other-clock.so"


class OtherClock:
    def __init__(self, folder, says, uptime=None):
        self.file = folder / "clock"
        self.file.write_text("0")
        self.file.chmod(0o644)
        # AddressSanitizer wants to be the first library that is loaded, unless told otherwise.
        self.environment = {"LD_PRELOAD": str(LIBRARY), "OTHER_CLOCK": str(says), "OTHER_CLOCK_RIGHT": str(self.file),
                            "ASAN_OPTIONS": "verify_asan_link_order=0"}
        if uptime is not None:
            self.environment["OTHER_CLOCK_UPTIME"] = str(uptime)

    def daemons(self, folder, *names):
        """A folder for PORTREEVE_DAEMONS, in which these daemons have this clock; the others have the machine's."""
        folder.mkdir()
        words = " ".join(f"{name}={shlex.quote(value)}" for name, value in self.environment.items())
        for built in [*BUILD.glob("*/portreeve-*"), *BUILD.glob("*/*/portreeve-*")]:
            if not built.is_file():
                continue
            if built.name.removeprefix("portreeve-") not in names:
                (folder / built.name).symlink_to(built)
            else:
                (folder / built.name).write_text(f'#!/bin/sh\nexec env {words} {shlex.quote(str(built))} "$@"\n')
                (folder / built.name).chmod(0o755)
        return folder

    def set_right(self):
        with open(self.file, "r+b") as file:  # the same file: it is mapped
            os.pwrite(file.fileno(), b"1", 0)
