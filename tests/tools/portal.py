#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A captive portal's web server: portal.py ADDRESS... Every page of another host leads to its login; GET /login on it lets people
through, and from then on the page that is looked for is itself. Each request is printed as a line: HOST PATH."""
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOGIN = "login.portal.test"


class Portal(BaseHTTPRequestHandler):
    through = False

    def do_GET(self):
        host = self.headers.get("Host", "")
        print(host, self.path, flush=True)
        if host == LOGIN and self.path == "/login":
            Portal.through = True
            return self.say(200, b"welcome\n")
        if host == LOGIN:
            return self.say(200, b"log in, please\n")
        if Portal.through:
            return self.say(200, b"NetworkManager is online\n")
        return self.say(302, b"", Location=f"http://{LOGIN}/?to={host}")

    def say(self, status, body, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        """Printed by do_GET."""


class OfIpv6(ThreadingHTTPServer):
    address_family = socket.AF_INET6


servers = [(OfIpv6 if ":" in address else ThreadingHTTPServer)((address, 80), Portal) for address in sys.argv[1:]]
print("ready", flush=True)
for server in servers[1:]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
servers[0].serve_forever()
