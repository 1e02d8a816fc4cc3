# SPDX-License-Identifier: BSD-2-Clause
"""A scripted agent for tests of the CLI, and ways to run the CLI against it.

The script is a list of steps (method, reply, ...): the call must be for that
method; then each reply is sent.  A reply is a dict of parameters, Error(...),
Progress(...), bytes to be sent as they are, a number of seconds to wait, a
function that gets the call, or CLOSE.
"""

import array
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

import pexpect

sys.dont_write_bytecode = True

INTERFACE = "org.touchstone.Agent."
CLOSE = object()
BUILD = None


class Error:
    def __init__(self, name, code="", message="", **more):
        self.name = name
        self.parameters = dict(code=code, message=message, **more)
        if name != "PinRequired" and "names" not in more:
            self.parameters["names"] = []


class Progress:
    def __init__(self, state, token="daily", text=""):
        self.parameters = {"progress": dict(
            state=state, token=token, text=text), "result": None}


def result(**members):
    return {"progress": None, "result": members}


class Agent(threading.Thread):
    """Serves one script on HOME/agent; self.calls has what was asked."""

    def __init__(self, home, script):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(os.path.join(home, "agent"))
        self.socket.listen()
        self.script = list(script)
        self.calls = []
        self.pins = []
        self.failure = None
        self.connection = None
        self.stopping = threading.Event()
        self.start()

    def stop(self):
        """Before its descriptors are given to the next one's sockets."""
        self.stopping.set()
        for end in (self.socket, self.connection):
            try:
                if end:
                    end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.join()
        self.socket.close()

    def run(self):
        while True:
            try:
                self.connection, _ = self.socket.accept()
            except OSError:
                return
            with self.connection as connection:
                try:
                    while not self.stopping.is_set() and \
                            self.serve(connection):
                        pass
                except OSError:
                    pass

    def receive(self, connection):
        """One call and the contents of the pipes that came with it."""
        data, pins = b"", []
        while not data.endswith(b"\0"):
            chunk, control, _, _ = connection.recvmsg(65536, 1024)
            if not chunk:
                return None, pins
            data += chunk
            for level, kind, fds in control:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    for fd in array.array("i", fds):
                        with open(fd, "rb") as pipe:
                            pins.append(pipe.read().decode())
        return json.loads(data[:-1]), pins

    def serve(self, connection):
        call, pins = self.receive(connection)
        if call is None:
            return False
        method = call["method"].removeprefix(INTERFACE)
        if method == "GetLog" and (not self.script or
                                   self.script[0][0] != method):
            # The directory is a folder, where a test does not say.
            return self.answer(connection, {"directory": "file:///d"})
        self.calls.append((method, call.get("parameters", {})))
        self.pins.append(pins)
        if not self.script or self.script[0][0] != method:
            wanted = self.script[0][0] if self.script else "nothing"
            self.failure = f"called {method}, script has {wanted}"
            return False
        step = self.script.pop(0)
        for reply in step[1:]:
            if not self.answer(connection, reply):
                return False
        return True

    def answer(self, connection, reply):
        if reply is CLOSE:
            return False
        if isinstance(reply, (int, float)):
            self.stopping.wait(reply)
        elif isinstance(reply, bytes):
            connection.sendall(reply)
        elif callable(reply):
            reply()
        else:
            message = {"parameters": reply}
            if isinstance(reply, Error):
                message = {"error": INTERFACE + reply.name,
                           "parameters": reply.parameters}
            elif isinstance(reply, Progress):
                message = {"parameters": reply.parameters, "continues": True}
            connection.sendall(json.dumps(message).encode() + b"\0")
        return True


class CliTest(unittest.TestCase):
    """Each test has its own home; self.agent(script) starts the fake."""

    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="ts-", dir="/tmp")
        self.addCleanup(shutil.rmtree, self.home, True)
        self.fake = None

    def agent(self, *script):
        """In place of the one before, if there was one."""
        if self.fake:
            self.tearDown()
            self.fake.stop()
            os.remove(os.path.join(self.home, "agent"))
        self.fake = Agent(self.home, script)
        self.addCleanup(self.fake.stop)

    def tearDown(self):
        if self.fake:
            self.assertIsNone(self.fake.failure)
            self.assertEqual(self.fake.script, [], "calls that did not come")

    @property
    def program(self):
        return os.path.join(BUILD, "host/cli/touchstone")

    def environment(self, **more):
        env = dict(PATH=os.environ["PATH"], HOME=self.home,
                   TOUCHSTONE_HOME=self.home, LC_ALL="C.UTF-8",
                   TOUCHSTONE_AGENT="/nonexistent/agent", TERM="xterm",
                   TOUCHSTONE_PINENTRY="/nonexistent/pinentry", TZ="UTC",
                   ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", ""))
        env.update(more)
        return env

    def cli(self, *args, expect=0, stdin="", pins=None, env=None):
        """Run without a terminal; the exit code must be expect."""
        fds, args = [], list(args)
        for option, pin in (pins or {}).items():
            r, w = os.pipe()
            os.write(w, pin.encode())
            os.close(w)
            fds.append(r)
            args += ["--" + option, str(r)]
        try:
            done = subprocess.run(
                [self.program] + args, input=stdin, pass_fds=fds, text=True,
                capture_output=True, timeout=60, start_new_session=True,
                env=self.environment(**(env or {})))
        finally:
            for fd in fds:
                os.close(fd)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done

    def json(self, *args, **kw):
        return json.loads(self.cli(*args, "--json", **kw).stdout)

    def terminal(self, *args, columns=80, env=None):
        """Start it on a terminal of its own."""
        child = pexpect.spawn(
            self.program, list(args), env=self.environment(**(env or {})),
            dimensions=(40, columns), encoding="utf-8", timeout=20)
        self.addCleanup(child.close, True)
        return child

    def ends(self, child, code=0):
        child.expect(pexpect.EOF)
        child.close()
        self.assertEqual(child.exitstatus, code, child.before)
        return child.before


def main():
    global BUILD
    BUILD = os.path.abspath(sys.argv.pop(1))
    unittest.main()
