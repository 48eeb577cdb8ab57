# SPDX-License-Identifier: GPL-3.0-or-later
"""A file system whose server answers some who ask and never the others: FUSE(4), spoken without a library."""
import os
import stat
import struct
import subprocess
import threading
import time
from pathlib import Path

LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE, GETXATTR, FLUSH, INIT, ACCESS, INTERRUPT = (
    1, 2, 3, 14, 15, 17, 18, 22, 25, 26, 34, 36)
BATCH_FORGET = 42
ENOENT, ENOSYS = 2, 38
ROOT, FILE = 1, 2
DIRECT_IO = 1
THEIRS = 7    # the handle of a file that was opened by those who are not answered
FOR_LONG = 3600  # seconds that the kernel may believe an answer


class HangingFiles:
    """Mounted at `folder`: one file, `name`, with the content of `program`.

    Requests of processes whose name begins with `unanswered` are taken and never answered: those of `kinds`.
    A request to read does not tell whose it is, but which opening it belongs to."""

    def __init__(self, folder, program, name, kinds, unanswered="portreeve"):
        self.folder, self.name = Path(folder), name.encode()
        self.content = Path(program).read_bytes()
        self.unanswered, self.kinds = unanswered, kinds
        self.hanging = []  # what was not answered

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.device = os.open("/dev/fuse", os.O_RDWR)
        options = f"fd={self.device},rootmode=40000,user_id=0,group_id=0,allow_other"
        # mount(8) hands the options to mount(2), the descriptor by inheritance.
        subprocess.run(["mount", "-i", "-t", "fuse", "-o", options, "portreeve-test", self.folder],
                       check=True, pass_fds=[self.device])
        self.server = threading.Thread(target=self.serve, daemon=True)
        self.server.start()
        return self

    def __exit__(self, *_):
        # -f ends the connection: whoever waits gets an error.
        subprocess.run(["umount", "-f", "-l", self.folder], check=True)
        self.server.join(5)
        os.close(self.device)

    @property
    def path(self):
        return self.folder / self.name.decode()

    def serve(self):
        while True:
            try:
                request = os.read(self.device, 1 << 18)
            except OSError:
                return
            _, opcode, unique, node, _, _, pid, _ = struct.unpack_from("<IIQQIIII", request)
            if opcode in (FORGET, BATCH_FORGET, INTERRUPT):
                continue
            if opcode in self.kinds and self.hangs(opcode, pid, request[40:]):
                self.hanging.append(opcode)
                continue
            body = self.answer(opcode, node, request[40:])
            if opcode == OPEN and self.is_unanswered(pid):
                body = struct.pack("<QII", THEIRS, DIRECT_IO, 0)  # what others have read does not do for these
            error = 0
            if isinstance(body, int):
                error, body = -body, b""
            try:
                os.write(self.device, struct.pack("<IiQ", 16 + len(body), error, unique) + body)
            except OSError:
                pass  # whoever asked has gone

    def hangs(self, opcode, pid, body):
        if opcode == READ:
            return struct.unpack_from("<Q", body)[0] == THEIRS
        return self.is_unanswered(pid)

    def is_unanswered(self, pid):
        try:
            return Path(f"/proc/{pid}/comm").read_text().startswith(self.unanswered)
        except OSError:
            return False

    def answer(self, opcode, node, body):
        if opcode == INIT:
            major, minor, readahead = struct.unpack_from("<III", body)
            return struct.pack("<IIIIHHIIHHIIHHIIII", major, min(minor, 31), readahead, 0, 12, 9, 1 << 17, 1,
                               32, 0, 0, 0, 0, 0, 0, 0, 0, 0)[:64]
        if opcode == LOOKUP:
            if node != ROOT or body.rstrip(b"\0") != self.name:
                return ENOENT
            return struct.pack("<QQQQII", FILE, 0, FOR_LONG, FOR_LONG, 0, 0) + self.attributes(FILE)
        if opcode == GETATTR:
            return struct.pack("<QII", FOR_LONG, 0, 0) + self.attributes(node)
        if opcode == OPEN:
            return struct.pack("<QII", 0, 0, 0)
        if opcode == READ:
            _, offset, size = struct.unpack_from("<QQI", body)
            return self.content[offset:offset + size]
        if opcode == STATFS:
            return struct.pack("<QQQQQIII24x", 0, 0, 0, 0, 0, 4096, 255, 4096)
        if opcode in (RELEASE, FLUSH, ACCESS):
            return b""
        return ENOSYS

    def attributes(self, node):
        size, mode = (0, stat.S_IFDIR | 0o755) if node == ROOT else (len(self.content), stat.S_IFREG | 0o755)
        now = int(time.time())
        return struct.pack("<QQQQQQIIIIIIIIII", node, size, (size + 511) // 512, 1, 1, 1, 0, 0, 0,
                           mode, 1, 0, 0, 0, 4096, 0)
