# SPDX-License-Identifier: GPL-3.0-or-later
"""The gateway on :817 as a browser or a script speaks to it, from within the suite's namespace."""
import json
import re

PLACE = "http://127.0.0.1:817"
ORIGIN = ["-H", f"Origin: {PLACE}"]
JSON = ["-H", "Content-Type: application/json"]


def curl(suite, *words, check=False, user=None):
    """The status, the head and the body of what curl asks."""
    become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
    done = suite.net.inside(*become, "curl", "-s", "-i", "--max-time", "10", *words, check=check)
    head, _, body = done.stdout.partition("\r\n\r\n") if "\r\n\r\n" in done.stdout else done.stdout.partition("\n\n")
    code = int(head.split()[1]) if head else 0
    return code, head, body


class Login:
    """What somebody who opened the one-time link of `portreeve ui` holds."""

    def __init__(self, suite, *options):
        self.secret = re.search(r"#(\w+)", suite.command("ui", "--print", *options).stdout)[1]
        code, self.head, body = curl(suite, "-X", "POST", *JSON, *ORIGIN, "-d", json.dumps({"secret": self.secret}),
                                     f"{PLACE}/api/v1/session")
        assert code == 200, (code, self.head, body)
        answer = json.loads(body)
        self.role, self.token = answer["role"], answer["token"]
        self.cookie = re.search(r"(?i)set-cookie: ([^;\r\n]+)", self.head)[1]
        self.headers = ["-H", f"Cookie: {self.cookie}", "-H", f"Authorization: Bearer {self.token}"]


def ask(suite, headers, path, *words):
    """An answer of the API, its JSON read."""
    code, head, body = curl(suite, *headers, *words, f"{PLACE}/api/v1/{path}")
    return code, head, json.loads(body)


def post(value):
    return ["-X", "POST", *ORIGIN, *JSON, "-d", json.dumps(value)]
