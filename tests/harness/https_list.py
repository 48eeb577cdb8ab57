# SPDX-License-Identifier: GPL-3.0-or-later
"""A [list.ads] whose source is an https server of the test's own, and portreeve-lists, which makes it."""
import http.server
import os
import ssl
import subprocess
import threading

from harness.namespaces import run
from harness.suite import BUILD


class HttpsList:
    """`folder` is made. The server's certificate is good from now on for two days, and portreeve-lists takes it."""

    def __init__(self, folder, handler):
        self.folder = folder
        (folder / "config").mkdir(parents=True)
        folder.chmod(0o755)
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-keyout", key, "-out", certificate, "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1")
        certificate.chmod(0o644)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server = http.server.HTTPServer(("127.0.0.1", 0), handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        (folder / "config" / "portreeve.toml").write_text(f'[list.ads]\nsources = ["https://127.0.0.1:{self.server.server_port}/ads.txt"]\n')
        self.environment = {**os.environ, "CONFIGURATION_DIRECTORY": str(folder / "config"), "STATE_DIRECTORY": str(folder / "state"),
                            "PORTREEVE_LISTS_CA": str(certificate)}

    def start(self, *words, **environment):
        return subprocess.Popen([str(BUILD / "lists" / "portreeve-lists"), *words], env={**self.environment, **environment},
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def make(self, *words, **environment):
        """Its exit code, and what it logged."""
        process = self.start(*words, **environment)
        logged = process.communicate(timeout=30)[1]
        return process.returncode, logged

    @property
    def names(self):
        return self.folder / "state" / "lists" / "ads.names"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
