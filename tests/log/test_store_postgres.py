# SPDX-License-Identifier: BSD-2-Clause
"""The directory's database on a real PostgreSQL, driven by dirdb_check: what is
said to be certain is there, whatever happens to processes, to the server and to
the connection in between; and no size of the log is reached twice."""

import os
import random
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse

from postgres import Postgres

BUILD = ""
TS_ERR_ARGUMENT, TS_ERR_DB_NEWER = -101, -106


def program():
    return os.path.join(BUILD, "tests/log/dirdb_check")


def check(url, *words, timeout=120):
    return subprocess.run([program(), url, *map(str, words)],
                          capture_output=True, text=True, check=False,
                          timeout=timeout)


def begin(url, *words):
    return subprocess.Popen([program(), url, *map(str, words)],
                            stdout=subprocess.PIPE, text=True,
                            stderr=subprocess.DEVNULL)


def ended(process):
    """Killed: whole lines that it printed; of others nobody has heard."""
    process.kill()
    lines = process.communicate()[0].splitlines(keepends=True)
    return [line.strip() for line in lines if line.endswith("\n")]


class Proxy:
    """Between a client and the server; ends connections at some COMMITs:
    before the server sees it, or after, so that the client does not know."""

    def __init__(self, server, seed):
        self.real = os.path.join(server.folder, ".s.PGSQL.5432")
        self.folder = os.path.join(server.folder, "proxy")
        os.mkdir(self.folder)
        self.random = random.Random(seed)
        self.cut = {"before": 0, "after": 0}
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.path.join(self.folder, ".s.PGSQL.5432"))
        self.listener.listen(64)
        self.over = False
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            if self.over:
                client.close()
                self.listener.close()
                return
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self.real)
            except OSError:
                client.close()
                server.close()
                continue
            for work in (self.requests, self.answers):
                threading.Thread(target=work, args=(client, server),
                                 daemon=True).start()

    def end(self):
        self.over = True
        with socket.socket(socket.AF_UNIX) as knock:
            knock.connect(self.listener.getsockname())

    def close(self, *both):
        for end in both:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def answers(self, client, server):
        try:
            while data := server.recv(65536):
                client.sendall(data)
        except OSError:
            pass
        self.close(client, server)
        server.close()

    def requests(self, client, server):
        with client, client.makefile("rb") as stream:
            try:
                self.forward(stream, client, server)
            except (OSError, struct.error):
                pass
            self.close(client, server)

    def forward(self, stream, client, server):
        first = True  # the message that begins a connection has no type
        while True:
            head = stream.read(4 if first else 5)
            body = stream.read(struct.unpack("!I", head[-4:])[0] - 4)
            first = False
            if body == b"COMMIT\0" and self.random.random() < 0.25:
                if self.cut["before"] <= self.cut["after"]:
                    self.cut["before"] += 1
                    return
                self.cut["after"] += 1
                self.close(client)
                server.sendall(head + body)
                # The server's answer finds nobody.
                while server.recv(4096):
                    pass
                return
            server.sendall(head + body)


class Store(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Postgres()
        cls.addClassCleanup(cls.server.close)
        cls.url = cls.server.url()

    def setUp(self):
        self.server.drop()
        self.server.create()

    def one(self, sql):
        return self.server.sql(sql)[0]

    def compare(self, acknowledged):
        """Every line that was printed is a record, with its id."""
        rows = {row: True for row in self.server.sql(
            "SELECT convert_from(label, 'UTF8') || ' ' || number || ' ' || id"
            " FROM record")}
        self.assertEqual([line for line in acknowledged if line not in rows
                          and not line.startswith("!")], [])
        return len(rows)

    def log_is_whole(self):
        done = check(self.url, "verify")
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertEqual(self.one(
            "SELECT count(*) FROM record r LEFT JOIN leaf l"
            " ON l.record = r.id WHERE l.i IS NULL"), "0")
        # In the log a record stands behind the one before it.
        self.assertEqual(self.one(
            "SELECT count(*) FROM record a JOIN record b ON a.label = b.label"
            " AND a.number + 1 = b.number JOIN leaf x ON x.record = a.id"
            " JOIN leaf y ON y.record = b.id WHERE x.i > y.i"), "0")

    def test_every_function(self):
        done = check(self.url, "all")
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_what_is_refused(self):
        def opens():
            done = check(self.url, "open")
            return int(done.stdout)

        self.assertEqual(opens(), 0)
        for setting in ("synchronous_commit = off",):
            self.server.sql(f"ALTER ROLE touchstone SET {setting}")
            self.assertEqual(opens(), TS_ERR_ARGUMENT, setting)
            self.server.sql("ALTER ROLE touchstone RESET ALL")
        self.server.sql("UPDATE about SET version = 2")
        self.assertEqual(opens(), TS_ERR_DB_NEWER)
        self.server.sql("UPDATE about SET version = 1")
        self.server.settings["fsync"] = "off"
        self.server.restart(signal.SIGINT)
        self.assertEqual(opens(), TS_ERR_ARGUMENT)
        del self.server.settings["fsync"]
        self.server.restart(signal.SIGINT)
        self.assertEqual(opens(), 0)

    def test_two_that_start_at_once(self):
        both = [begin(self.url, "open") for _ in range(4)]
        self.assertEqual([p.communicate()[0] for p in both], ["0\n"] * 4)

    def test_front_ends_meet_and_sequencers_too(self):
        """Several of each, without the lock; the row alone decides."""
        check(self.url, "open")
        floods = [begin(self.url, "flood", seed, 300) for seed in (1, 2, 3)]
        sequencers = [begin(self.url, "sequence", 100000) for _ in range(3)]
        lines = [line for p in floods
                 for line in p.communicate(timeout=120)[0].splitlines()]
        sizes = [line for p in sequencers for line in ended(p)]
        self.assertEqual([line for line in lines if line[0] == "!"], [])
        self.assertGreater(len(sizes), 10)
        self.assertEqual(len(sizes), len(set(sizes)), "one size, twice")
        self.assertEqual(len(lines), len(set(lines)))
        self.assertEqual(self.compare(lines), len(lines))
        self.log_is_whole()

    def test_connections_cut_at_commit(self):
        proxy = Proxy(self.server, 6)
        self.addCleanup(proxy.end)
        url = "postgresql:///touchstone?" + urllib.parse.urlencode(
            {"host": proxy.folder, "user": "touchstone"})
        self.assertEqual(check(self.url, "open").returncode, 0)
        floods = [begin(url, "flood", seed, 300) for seed in (4, 5)]
        sequencer = begin(url, "sequence", 100000)
        lines = [line for p in floods
                 for line in p.communicate(timeout=120)[0].splitlines()]
        sizes = ended(sequencer)
        self.assertGreater(proxy.cut["before"], 0)
        self.assertGreater(proxy.cut["after"], 0)
        lines = [line for line in lines if line[0] != "!"]
        # What was committed while the connection was lost was looked up, so
        # nothing is in the database that nobody was told.
        self.assertEqual(self.compare(lines), len(lines))
        self.assertEqual(len(sizes), len(set(sizes)))
        self.log_is_whole()

    def test_server_and_processes_killed(self):
        check(self.url, "open")
        draw = random.Random(7)
        whole = []
        for turn in range(4):
            floods = [begin(self.url, "flood", 10 * turn + i, 100000)
                      for i in (1, 2)]
            sequencer = begin(self.url, "sequence", 60000)
            time.sleep(0.2 + draw.random() * 0.3)
            self.server.restart(signal.SIGQUIT)
            time.sleep(1.2)  # they come back by themselves
            for p in floods:
                whole += ended(p)
            ended(sequencer)
        self.assertGreater(len(whole), 100)
        self.compare(whole)
        self.log_is_whole()

    def refuse(self, state, times=10**9):
        """The server answers the next inserts by an error of this kind."""
        self.server.sql(
            "CREATE SEQUENCE IF NOT EXISTS refused;"
            "GRANT ALL ON refused TO touchstone;"
            "SELECT setval('refused', 1, false);"
            "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger"
            " LANGUAGE plpgsql AS $$ BEGIN"
            f" IF nextval('refused') <= {times} THEN"
            f"  RAISE EXCEPTION 'no' USING ERRCODE = '{state}';"
            " END IF; RETURN NULL; END $$;"
            "DROP TRIGGER IF EXISTS refuse ON record;"
            "CREATE TRIGGER refuse AFTER INSERT ON record"
            " EXECUTE FUNCTION refuse()")

    def test_errors_of_the_server(self):
        check(self.url, "open")
        for state, err in (("53100", -104), ("53200", -102), ("57014", -107),
                           ("XX001", -105), ("22000", -103)):
            self.refuse(state)
            with begin(self.url, "flood", 1, 5) as flood:
                self.assertEqual(flood.stdout.readline(), f"! {err}\n", state)
                self.assertEqual(self.one("SELECT count(*) FROM record"), "0")
                self.server.sql("DROP TRIGGER refuse ON record")
                lines = flood.stdout.read().splitlines()
            self.assertGreaterEqual(self.compare(lines), 5)
            self.server.sql("TRUNCATE record, pending")

    def test_a_deadlock_is_tried_again(self):
        check(self.url, "open")
        for state in ("40001", "40P01"):
            self.refuse(state, times=3)
            lines = check(self.url, "flood", 1, 5).stdout.splitlines()
            self.assertNotIn("!", "".join(lines))
            self.assertEqual(self.compare(lines), len(lines))
            self.server.sql("TRUNCATE record, pending")

    def test_a_dump_restored(self):
        with_some = begin(self.url, "flood", 1, 50)
        with_some.communicate(timeout=60)
        check(self.url, "verify")
        dump = self.server.dump()
        size = self.one("SELECT size FROM checkpoint")
        check(self.url, "flood", 2, 50)
        self.server.restore(dump)
        self.assertEqual(self.one("SELECT size FROM checkpoint"), size)
        self.log_is_whole()
        # Identities of new rows go on behind the old ones.
        check(self.url, "flood", 3, 50)
        self.log_is_whole()


if __name__ == "__main__":
    BUILD = sys.argv.pop(1)
    unittest.main()
