# SPDX-License-Identifier: BSD-2-Clause
"""A directory of several processes on a real PostgreSQL: two front ends and a
sequencer, each of which is killed, as the server is; two sequencers that both
believe to be the only one; a database from a backup."""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import audited
from audited import checkpoint
from asking import Asker, Directory, Refused, free_port
from postgres import Postgres

BUILD = ""
LABELS = 6


def build(*names):
    """The first of these programs that was built."""
    for name in names:
        path = os.path.join(BUILD, name)
        if os.path.exists(path):
            return path
    raise FileNotFoundError(names)


class Process(Directory):
    """One that may answer without being well."""

    def __init__(self, *words, well=True, **more):
        self.patient = self.begins_well = well
        super().__init__(*words, **more)
        self.begins_well = True

    def start(self, well=True):
        self.patient = well and self.begins_well
        super().start()
        self.patient = True

    def get(self, path):
        answer = super().get(path)
        return answer if self.patient else (200, *answer[1:])

    def again(self):
        """As a service manager: started anew whenever it has ended."""
        while not self.over:
            try:
                self.start(well=False)
            except AssertionError:
                continue  # it has seen that there is another one
            self.process.wait()
            self.ends.append(self.process.returncode)

    def manage(self):
        self.over, self.ends = False, []
        thread = threading.Thread(target=self.again, daemon=True)
        thread.start()
        return thread


class Machines:
    """Folders of the processes of one directory; keys go where they must."""

    def __init__(self, server, *options):
        self.server, self.options = server, options
        self.folder = tempfile.mkdtemp(prefix="ts-pgdir-")
        self.program = build("host/directory/touchstone-directory")
        self.running = []

    def close(self):
        for one in self.running:
            one.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, name, role, *options, wait=True, env=None, well=True):
        os.makedirs(self.path(name), exist_ok=True)
        if not wait:
            return subprocess.run(
                [self.program, "--data", self.path(name) + "/data", "--origin",
                 "test.example/log", "--listen", "127.0.0.1:0", "--store",
                 self.server.url(), "--role", role, *self.options, *options],
                capture_output=True, text=True, timeout=60, check=False)
        one = Process(self.program, "--store", self.server.url(), "--role",
                      role, "--rate-address", "0", "--rate-label", "0",
                      *self.options, *options, data=self.path(name), env=env,
                      well=well)
        self.running.append(one)
        return one

    def sequencer(self, name="sequencer", **more):
        return self.start(name, "sequencer", **more)

    def keys(self, name, *which):
        folder = self.path(f"{name}/data/keys")
        os.makedirs(folder, mode=0o700)
        for key in which:
            shutil.copy2(self.path(f"sequencer/data/keys/{key}"), folder)

    def front(self, name, policy):
        """With the VRF's key alone, and the log's public key by the policy."""
        self.keys(name, "vrf.key")
        path = self.path(name + ".policy")
        with open(path, "wb") as file:
            file.write(policy)
        return self.start(name, "front", "--policy", path)


class Writer(threading.Thread):
    """Submits statements of its own labels by turns through several front ends
    until it is told to stop; knows what was acknowledged."""

    def __init__(self, fronts, name, seed):
        super().__init__(daemon=True)
        self.fronts = fronts
        self.random = random.Random(seed)
        self.seed = seed
        self.labels = [f"{name}{i}@example.org" for i in range(LABELS)]
        self.askers = [Asker(build("tests/log/asker"), front)
                       for front in fronts]
        self.number = dict.fromkeys(self.labels, 0)
        self.ends = False
        self.published = self.acknowledged = self.failed = 0

    def run(self):
        maker = self.askers[0]
        while not self.ends:
            label = self.random.choice(self.labels)
            number = self.number[label]
            envelope = maker.genesis(label, self.seed) if number == 0 \
                else maker.update(label, self.seed)
            self.insist(label, number, envelope)
            self.number[label] += 1

    def insist(self, label, number, envelope):
        """Again and again, here and there, until somebody has it."""
        body = self.askers[0].body(label, number, envelope)
        while True:
            asker = self.random.choice(self.askers)
            try:
                status, _ = asker.post("/v1/submit", body)
            except Refused as refused:
                if refused.status < 500:
                    raise
            except OSError:
                pass
            else:
                self.acknowledged += 1
                self.published += status == 200
                return
            self.failed += 1
            time.sleep(0.05)

    def stop(self):
        self.ends = True
        self.join(120)
        assert not self.is_alive()

    def close(self):
        for asker in self.askers:
            asker.close()


class Watcher(threading.Thread):
    """Asks for checkpoints all the time: each size has one root."""

    def __init__(self, places):
        super().__init__(daemon=True)
        self.places = places
        self.roots, self.two, self.ends = {}, [], False

    def saw(self, note):
        size, root = checkpoint(note)
        if self.roots.setdefault(size, root) != root:
            self.two.append(size)

    def run(self):
        while not self.ends:
            for place in self.places:
                try:
                    status, note, _ = place.get("/checkpoint")
                except OSError:
                    continue
                if status == 200:
                    self.saw(note)
            time.sleep(0.02)

    def stop(self):
        self.ends = True
        self.join(60)


def eventually(what, seconds=60):
    """No measure of speed: only that it comes about at all."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


class Several(unittest.TestCase):
    options = ()
    well = True

    @classmethod
    def setUpClass(cls):
        cls.server = Postgres()
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        self.server.drop()
        self.server.create()
        self.machines = Machines(self.server, *self.options)
        self.addCleanup(self.machines.close)
        self.sequencer = self.machines.sequencer(well=self.well)
        self.policy = self.sequencer.get("/v1/policy")[1]

    def fronts(self):
        both = [self.machines.front(f"front{i}", self.policy) for i in (1, 2)]
        watcher = Watcher([self.sequencer, *both])
        watcher.start()
        self.addCleanup(watcher.stop)
        return both, watcher

    def asker(self, place):
        asker = Asker(build("tests/log/asker"), place)
        self.addCleanup(asker.close)
        return asker

    def writer(self, fronts, name, seed):
        writer = Writer(fronts, name, seed)
        self.addCleanup(writer.close)
        return writer

    def all_there(self, fronts, writers, watcher):
        """Every record that was acknowledged, by each front end, proven."""
        for front in fronts:
            asker = self.asker(front)
            for writer in writers:
                for label, count in writer.number.items():
                    if not count:
                        continue
                    self.assertTrue(eventually(
                        lambda: asker.count(label) == count), label)
        watcher.stop()
        self.assertEqual(watcher.two, [], "a size with two roots")
        self.assertGreater(sum(w.acknowledged for w in writers), 10)
        # What the watcher saw is what the leaves say.
        self.assertEqual(
            self.server.sql("SELECT count(*) FROM record r LEFT JOIN leaf l"
                            " ON l.record = r.id WHERE l.i IS NULL"), ["0"])
        self.audit()

    def audit(self, name="sequencer"):
        public = self.machines.path(name + "/data/public")
        audited.folder(BUILD, public, self.policy)


class Story(Several):
    def test_written_here_and_read_there(self):
        fronts, watcher = self.fronts()
        one, two = map(self.asker, fronts)
        for i in range(4):
            label = f"person{i}@example.org"
            first = one.genesis(label, i + 1)
            self.assertEqual(one.submit(label, 0, first)[0], 200)
            self.assertTrue(eventually(lambda: two.count(label) == 1))
            # The other front end takes the next one, knowing the first.
            second = one.update(label, i + 1)
            status, leaf = two.submit(label, 1, second)
            self.assertEqual(status, 200)
            # Said again, here or there, it is the same.
            for asker in (one, two):
                self.assertEqual(asker.submit(label, 1, second), (200, leaf))
            self.assertEqual(one.count(label), 2)
        # Two different statements at the same moment: one is taken.
        other = two.genesis("person0@example.org", 9)
        with self.assertRaises(Refused) as refused:
            two.submit("person0@example.org", 0, other)
        self.assertEqual(refused.exception.name, "CONFLICT")
        for place in fronts:
            status, tile, _ = place.get("/tile/0/000.p/" + str(
                checkpoint(place.get("/checkpoint")[1])[0]))
            self.assertEqual(status, 200)
            self.assertEqual(tile, self.sequencer.get("/tile/0/000.p/" + str(
                len(tile) // 32))[1])
        watcher.stop()
        self.assertEqual(watcher.two, [])
        self.audit()

    def test_a_second_sequencer_is_refused(self):
        self.machines.keys("second", "log.key", "vrf.key")
        done = self.machines.start("second", "sequencer", wait=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("another process", done.stderr)
        # It may as soon as the first one is gone.
        self.sequencer.stop(signal.SIGKILL)
        second = self.machines.sequencer("second")
        self.assertEqual(second.get("/v1/policy")[1], self.policy)

    def test_keys_of_another_log_are_refused(self):
        self.sequencer.stop()
        shutil.rmtree(self.machines.path("sequencer/data/keys"))
        done = self.machines.start("sequencer", "sequencer", wait=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("keys", done.stderr)


class Killed(Several):
    def test_everything_in_turn(self):
        fronts, watcher = self.fronts()
        writers = [self.writer(fronts, "ann", 1), self.writer(fronts, "ben", 2)]
        draw = random.Random(8)
        for writer in writers:
            writer.start()
        for turn in range(8):
            time.sleep(0.1 + draw.random() * 0.5)
            self.sequencer.stop(signal.SIGKILL)
            if turn % 3 == 1:
                front = fronts[turn // 3 % 2]
                front.stop(signal.SIGKILL)
                front.start()
            if turn % 3 == 2:
                self.server.restart(signal.SIGQUIT)
            self.sequencer.start()
        for writer in writers:
            writer.stop()
        self.all_there(fronts, writers, watcher)

    def test_at_each_step_of_sequencing(self):
        self.machines.program = build("tests/log/directory_crash",
                                      "host/directory/touchstone-directory")
        fronts, watcher = self.fronts()
        writer = self.writer(fronts, "cat", 3)
        writer.start()
        for point in ("before-sequence", "sequenced", "tiles", "publish-row",
                      "publish-file"):
            self.sequencer.stop(signal.SIGKILL)
            self.sequencer.program = self.machines.program
            self.sequencer.env = {"TS_CRASH": point + ":3"}
            self.sequencer.start()
            self.assertEqual(self.sequencer.process.wait(60), -signal.SIGKILL)
            self.sequencer.env = {}
            self.sequencer.start()
        writer.stop()
        self.all_there(fronts, [writer], watcher)


class SplitBrain(Several):
    def test_two_that_sequence(self):
        """Without the lock only the row of the checkpoint is left."""
        self.server.sql(
            "CREATE FUNCTION public.pg_try_advisory_lock(bigint)"
            " RETURNS boolean LANGUAGE sql AS 'SELECT true';"
            "ALTER DATABASE touchstone SET search_path = public, pg_catalog")
        fronts, watcher = self.fronts()
        self.machines.keys("second", "log.key", "vrf.key")
        self.sequencer.stop()
        both = [self.sequencer, self.machines.sequencer("second")]
        both[1].stop(signal.SIGKILL)
        managers = [one.manage() for one in both]
        watcher.places.append(both[1])
        writer = self.writer(fronts, "dan", 4)
        writer.start()
        # Each has found out several times that it is not the only one.
        self.assertTrue(eventually(lambda: sum(
            one.ends.count(75) for one in both) >= 6), [b.ends for b in both])
        for one in both:
            one.over = True
        writer.stop()
        both[0].process.kill()
        for manager in managers[:1]:
            manager.join(60)
        if both[1].process.poll() is not None:
            both[1].start()
        self.all_there(fronts, [writer], watcher)
        # What each of them ever published, in its own folder, agrees.
        for name in ("sequencer", "second"):
            path = self.machines.path(f"{name}/data/public/checkpoint")
            with open(path, "rb") as file:
                watcher.saw(file.read())
        self.assertEqual(watcher.two, [])


class Restored(Several):
    def begin_anew(self):
        """What DIRECTORY.md says to do: another log with the same people."""
        os.mkdir(self.machines.path("new"))
        new = Process(self.machines.program,
                      data=self.machines.path("new"))
        self.machines.running.append(new)
        said = new.run("copy", self.server.url())
        self.assertEqual(said, "copied 1\nthere already 0\nrefused 0\n")
        self.assertEqual(new.run("copy", self.server.url()),
                         "copied 0\nthere already 1\nrefused 0\n")
        asker = self.asker(new)
        self.assertTrue(eventually(
            lambda: asker.count("eve@example.org") == 1))
        # The owner has the statement that was lost, and sends it again.
        self.assertEqual(asker.submit("eve@example.org", 1, self.lost)[0], 200)
        self.assertEqual(asker.count("eve@example.org"), 2)
        audited.folder(BUILD, self.machines.path("new/data/public"),
                       new.get("/v1/policy")[1])
        self.assertNotEqual(new.run("key").split("+")[2],
                            self.policy.decode().split()[1].split("+")[2])

    def test_a_backup_is_sealed(self):
        fronts, watcher = self.fronts()
        asker = self.asker(fronts[0])
        asker.submit("eve@example.org", 0, asker.genesis("eve@example.org", 5))
        dump = self.server.dump()
        self.lost = asker.update("eve@example.org", 5)
        self.assertEqual(asker.submit("eve@example.org", 1, self.lost)[0], 200)
        watcher.stop()
        size = int(self.server.sql("SELECT published FROM checkpoint")[0])
        # Front ends see the row a moment before the sequencer's file is there.
        self.assertTrue(eventually(lambda: checkpoint(
            self.sequencer.get("/checkpoint")[1])[0] == size))
        for one in [self.sequencer, *fronts]:
            one.stop()
        self.server.restore(dump)
        self.sequencer.start(well=False)
        status, word, _ = self.sequencer.get("/healthz")
        self.assertEqual((status, word), (503, b"sealed\n"))
        self.assertEqual(self.sequencer.metrics()["touchstone_log_sealed"], 1)
        # What people have seen stays where it was.
        note = self.machines.path("sequencer/data/public/checkpoint")
        with open(note, "rb") as file:
            self.assertEqual(checkpoint(file.read())[0], size)
        self.begin_anew()
        signed = self.server.sql("SELECT size FROM checkpoint")
        time.sleep(1)
        self.assertEqual(self.server.sql("SELECT size FROM checkpoint"), signed)


class Witnessed(Several):
    """The same on a machine where nothing is left but the keys."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="ts-pgwit-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.program = build("host/witness/touchstone-witness")
        port = free_port()
        key = self.witness("key", "--name", "w.example/witness").strip()
        path = os.path.join(self.folder, "policy")
        with open(path, "w", encoding="ascii") as file:
            file.write(f"witness w {key} http://127.0.0.1:{port}\n"
                       "quorum w\n")
        running = subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", self.program, "--data",
             self.folder, "--listen", f"127.0.0.1:{port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(running.wait)
        self.addCleanup(running.kill)
        self.options = ("--policy", path)
        self.well = False
        super().setUp()
        self.witness("add-log", self.sequencer.run("key").strip())
        self.assertTrue(eventually(
            lambda: self.sequencer.get("/healthz")[0] == 200))

    def witness(self, *words):
        return subprocess.run(
            [self.program, *words, "--data", self.folder], check=True,
            stdout=subprocess.PIPE, text=True).stdout

    def test_a_witness_remembers(self):
        front = self.machines.front("front", self.policy)
        asker = self.asker(front)
        asker.submit("fay@example.org", 0, asker.genesis("fay@example.org", 6))
        dump = self.server.dump()
        asker.submit("fay@example.org", 1, asker.update("fay@example.org", 6))
        size = int(self.server.sql("SELECT published FROM checkpoint")[0])
        for one in (self.sequencer, front):
            one.stop()
        self.server.restore(dump)
        self.machines.keys("another", "log.key", "vrf.key")
        another = self.machines.sequencer("another", well=False)
        self.assertTrue(eventually(
            lambda: another.get("/healthz")[1] == b"sealed\n"))
        # It has signed nothing beyond what the backup has.
        self.assertLess(int(self.server.sql(
            "SELECT size FROM checkpoint")[0]), size)


if __name__ == "__main__":
    BUILD = sys.argv.pop(1)
    unittest.main()
