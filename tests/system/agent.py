#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in the guest: takes commands from the machine outside by a virtio serial port, one JSON object a line.

    {"id": 1, "shell": "ip addr", "timeout": 60}   ->   {"id": 1, "code": 0, "out": "…", "err": "…"}

Commands run side by side; nothing of it goes over the guest's network.
"""
import json
import os
import subprocess
import threading

PORT = "/dev/virtio-ports/agent"


def answer(port, lock, question):
    try:
        done = subprocess.run(["/bin/sh", "-c", question["shell"]], capture_output=True, text=True, errors="replace",
                              stdin=subprocess.DEVNULL, timeout=question.get("timeout", 60))
        result = {"code": done.returncode, "out": done.stdout, "err": done.stderr}
    except subprocess.TimeoutExpired as e:
        def text(data):
            return data.decode(errors="replace") if isinstance(data, bytes) else data or ""
        result = {"code": 124, "out": text(e.stdout), "err": text(e.stderr) + "\n(took too long)"}
    line = (json.dumps({"id": question["id"], **result}) + "\n").encode()
    with lock:
        while line:
            line = line[os.write(port, line):]


def main():
    port = os.open(PORT, os.O_RDWR)
    lock = threading.Lock()
    os.write(port, b'{"hello": true}\n')
    kept = b""
    while True:
        data = os.read(port, 65536)
        if not data:  # nobody has opened the other end
            threading.Event().wait(0.2)
            continue
        *lines, kept = (kept + data).split(b"\n")
        for line in lines:
            if line.strip():
                threading.Thread(target=answer, args=(port, lock, json.loads(line)), daemon=True).start()


if __name__ == "__main__":
    main()
