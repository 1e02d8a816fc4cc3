# SPDX-License-Identifier: BSD-2-Clause
"""A PostgreSQL server of a test's own.

It has its data and its socket in one temporary folder, listens on no port, and
syncs to disk as one of an operator would.  PostgreSQL refuses to run as root,
so root's tests run it as the user that Debian's package made.
"""

import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import urllib.parse

USER = "postgres"
ROLE = "touchstone"  # owns the database, and is no superuser
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "log_min_messages": "warning",
    "log_line_prefix": "%p ",
}


def programs():
    """The folder of the newest server that is installed."""
    found = glob.glob("/usr/lib/postgresql/*/bin")
    if not found:
        raise SystemExit("postgresql is not installed: ./dev test log does it")
    return max(found, key=lambda path: int(path.split("/")[4]))


class Postgres:
    def __init__(self, **settings):
        self.bin = programs()
        self.settings = {**SETTINGS, **settings}
        self.folder = tempfile.mkdtemp(prefix="ts-pg-", dir="/tmp")
        self.data = os.path.join(self.folder, "data")
        self.log = os.path.join(self.folder, "log")
        self.server = None
        if os.geteuid() == 0:
            person = pwd.getpwnam(USER)
            os.chown(self.folder, person.pw_uid, person.pw_gid)
            # The parent's end ends it, too: no test leaves a server behind.
            self.prefix = ["setpriv", f"--reuid={person.pw_uid}",
                           f"--regid={person.pw_gid}", "--clear-groups",
                           "--pdeathsig=QUIT"]
        else:
            self.prefix = ["setpriv", "--pdeathsig=QUIT"]
        try:
            self.run("initdb", "-D", self.data, "-U", USER, "-A", "trust",
                     "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions")
            self.start()
            self.sql(f"CREATE ROLE {ROLE} LOGIN", database=USER)
            self.create(ROLE)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def command(self, program, *arguments):
        return [*self.prefix, os.path.join(self.bin, program), *arguments]

    def run(self, program, *arguments, stdin=None):
        done = subprocess.run(
            self.command(program, *arguments), input=stdin, cwd="/",
            env=self.environment(), capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr.decode()}")
        return done.stdout

    def environment(self):
        return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC",
                "PGHOST": self.folder, "HOME": self.folder}

    def url(self, database=ROLE, **more):
        query = {"host": self.folder, "user": ROLE, **more}
        return f"postgresql:///{database}?" + urllib.parse.urlencode(query)

    def start(self):
        options = [word for name, value in self.settings.items()
                   for word in ("-c", f"{name}={value}")]
        with open(self.log, "ab") as log:
            self.server = subprocess.Popen(
                self.command("postgres", "-D", self.data, "-k", self.folder,
                             *options),
                cwd="/", env=self.environment(), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log)
        for _ in range(600):
            if self.ready():
                return
            if self.server.poll() is not None:
                break
            self.server_wait(0.1)
        with open(self.log, encoding="utf-8") as log:
            raise RuntimeError("postgres did not start: " + log.read()[-2000:])

    def ready(self):
        return subprocess.run(
            self.command("pg_isready", "-q", "-d", USER), cwd="/",
            env=self.environment(), check=False).returncode == 0

    def server_wait(self, seconds):
        try:
            self.server.wait(seconds)
        except subprocess.TimeoutExpired:
            pass

    def stop(self, how=signal.SIGINT):
        """SIGINT: orderly, connections are cut.  SIGQUIT: as a crash, with
        recovery from the write-ahead log at the next start."""
        if self.server and self.server.poll() is None:
            self.server.send_signal(how)
            self.server.wait()
        self.server = None

    def restart(self, how=signal.SIGQUIT):
        self.stop(how)
        self.start()

    def close(self):
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    # What an operator does with psql, pg_dump and pg_restore.

    def sql(self, text, database=ROLE, user=USER):
        """Lines of the answer; columns are parted by "|"."""
        out = self.run("psql", "-X", "-At", "-q", "-v", "ON_ERROR_STOP=1",
                       "-U", user, "-d", database, stdin=text.encode())
        return out.decode().splitlines()

    def create(self, database=ROLE):
        self.sql(f"CREATE DATABASE {database} OWNER {ROLE}", database=USER)

    def drop(self, database=ROLE):
        self.sql(f"DROP DATABASE {database} WITH (FORCE)", database=USER)

    def dump(self, database=ROLE):
        return self.run("pg_dump", "-Fc", "-U", ROLE, "-d", database)

    def restore(self, dump, database=ROLE):
        self.drop(database)
        self.create(database)
        self.run("pg_restore", "-U", ROLE, "-d", database, "--exit-on-error",
                 stdin=dump)
