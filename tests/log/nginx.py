# SPDX-License-Identifier: BSD-2-Clause
"""nginx with the configuration of docs/nginx.conf, on a free port of loopback,
unprivileged, with a certification authority of its own."""

import os
import pwd
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import time

HOST = "directory.example.org"
SITE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "../../docs/nginx.conf")
MAIN = """
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log stderr notice;
events {{ worker_connections 256; }}
http {{
	client_body_temp_path {folder}/temp/body;
	proxy_temp_path {folder}/temp/proxy;
	fastcgi_temp_path {folder}/temp/fastcgi;
	uwsgi_temp_path {folder}/temp/uwsgi;
	scgi_temp_path {folder}/temp/scgi;
	include {folder}/site.conf;
}}
"""


def openssl(*arguments, cwd):
    subprocess.run(["openssl", *arguments], cwd=cwd, check=True,
                   capture_output=True)


def certify(folder):
    """ca.pem, and fullchain.pem with privkey.pem for HOST."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *key, "-subj", "/CN=Test", "-days", "2", "-keyout",
            "ca.key", "-out", "ca.pem", "-addext",
            "keyUsage=critical,keyCertSign", cwd=folder)
    openssl("req", *key, "-subj", "/CN=" + HOST, "-keyout", "privkey.pem",
            "-out", "site.csr", cwd=folder)
    with open(os.path.join(folder, "ext"), "w", encoding="ascii") as file:
        file.write(f"subjectAltName=DNS:{HOST},DNS:localhost,IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "site.csr", "-CA", "ca.pem", "-CAkey",
            "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "ext",
            "-out", "fullchain.pem", cwd=folder)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def site(text, changes):
    """The documented site; each line that an operator edits, edited once."""
    for old, new in changes.items():
        found = [line for line in text.splitlines()
                 if old in line and "# <--" in line]
        if len(found) != 1:
            raise AssertionError(f"{old}: in {len(found)} marked lines")
        text = text.replace(found[0], found[0].replace(old, new))
    return text


class Nginx:
    def __init__(self, upstream, public):
        self.folder = tempfile.mkdtemp(prefix="ts-nginx-", dir="/tmp")
        self.port = free_port()
        self.server = None
        self.prefix = []
        certify(self.folder)
        self.ca = os.path.join(self.folder, "ca.pem")
        self.log = os.path.join(self.folder, "access.log")
        self.errors = os.path.join(self.folder, "errors.log")
        with open(SITE, encoding="utf-8") as file:
            text = file.read()
        self.write("site.conf", site(text, {
            "127.0.0.1:8440": upstream,
            "listen 443 ": f"listen 127.0.0.1:{self.port} ",
            "listen [::]:443 ssl http2;": "",
            "/etc/ssl/touchstone/fullchain.pem": self.path("fullchain.pem"),
            "/etc/ssl/touchstone/privkey.pem": self.path("privkey.pem"),
            "/var/lib/touchstone-directory/public": os.path.abspath(public),
            "/var/log/nginx/touchstone.log": self.log,
            "/var/log/nginx/touchstone-error.log": self.errors}))
        self.write("nginx.conf", MAIN.format(folder=self.folder))
        os.mkdir(self.path("temp"))
        if os.geteuid() == 0:
            self.leave_root()

    def leave_root(self):
        person = pwd.getpwnam("nobody")
        for where, folders, files in os.walk(self.folder):
            for name in [".", *folders, *files]:
                os.chown(os.path.join(where, name), person.pw_uid,
                         person.pw_gid)
        self.prefix = ["setpriv", f"--reuid={person.pw_uid}",
                       f"--regid={person.pw_gid}", "--clear-groups",
                       "--no-new-privs", "--pdeathsig=TERM"]

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def command(self, *more):
        return [*self.prefix, shutil.which("nginx", path="/usr/sbin:/usr/bin"),
                "-p", self.folder, "-e", "stderr", "-c",
                self.path("nginx.conf"), *more]

    def check(self):
        """What nginx -t has to say; raises unless it is content."""
        done = subprocess.run(self.command("-t"), capture_output=True,
                              check=False, text=True)
        if done.returncode or re.search(r"\[(warn|error|emerg)\]", done.stderr):
            raise AssertionError(done.stderr)
        return done.stderr

    def __enter__(self):
        try:
            self.check()
            with open(self.path("stderr"), "wb") as stderr:
                self.server = subprocess.Popen(
                    self.command(), stdin=subprocess.DEVNULL, stderr=stderr)
            deadline = time.monotonic() + 30
            while True:
                try:
                    self.connect().close()
                    return self
                except OSError:
                    if self.server.poll() is not None or \
                            time.monotonic() > deadline:
                        raise
                    time.sleep(0.05)
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.server:
            self.server.terminate()
            self.server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def context(self):
        return ssl.create_default_context(cafile=self.ca)

    def connect(self):
        return self.context().wrap_socket(
            socket.create_connection(("127.0.0.1", self.port), 30),
            server_hostname=HOST)

    def request(self, method, path, body=None, headers=None):
        """(status, headers, body), over TLS that was verified."""
        import http.client
        connection = http.client.HTTPSConnection(
            "localhost", self.port, timeout=60, context=self.context())
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()
