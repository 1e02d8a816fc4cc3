# SPDX-License-Identifier: BSD-2-Clause
"""The agent's protocol from the outside, and an agent to speak it with."""

import array
import json
import os
import socket
import subprocess
import sys
import time

from world import PIN, Mismatch, World

INTERFACE = "org.touchstone.Agent."


class Fault(Exception):
    """An error reply."""

    def __init__(self, kind, parameters):
        super().__init__(f"{kind} {parameters}")
        self.kind = kind.rsplit(".", 1)[-1]
        self.parameters = parameters
        self.code = parameters.get("code")
        self.names = parameters.get("names", [])


class Connection:
    def __init__(self, path, timeout=30):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.received = b""

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, method, parameters, more=False, pins=()):
        """One call; pins become pipes, sent along in this order."""
        if "." not in method:
            method = INTERFACE + method
        call = {"method": method, "parameters": parameters}
        if more:
            call["more"] = True
        fds = [pipe_of(pin) for pin in pins]
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                      array.array("i", fds))] if fds else []
        try:
            self.socket.sendmsg([json.dumps(call).encode() + b"\0"], ancillary)
        finally:
            for fd in fds:
                os.close(fd)

    def receive(self):
        """The next message."""
        while b"\0" not in self.received:
            data = self.socket.recv(65536)
            if not data:
                raise EOFError("the agent closed the connection")
            self.received += data
        message, self.received = self.received.split(b"\0", 1)
        return json.loads(message)

    def reply(self, seen=None):
        """The final reply's parameters; progress is appended to seen."""
        while True:
            message = self.receive()
            if "error" in message:
                raise Fault(message["error"], message["parameters"])
            if not message.get("continues"):
                return message["parameters"]
            if seen is not None:
                seen.append(message["parameters"]["progress"])

    def call(self, method, /, pins=(), seen=None, **parameters):
        self.send(method, parameters, more=seen is not None, pins=pins)
        return self.reply(seen)

    def wait_for(self, state, seen=None):
        """Read progress until this state."""
        while True:
            message = self.receive()
            if "error" in message or not message.get("continues"):
                raise Mismatch(f"no {state!r} before {message}")
            progress = message["parameters"]["progress"]
            if seen is not None:
                seen.append(progress)
            if progress["state"] == state:
                return progress


def pipe_of(text):
    r, w = os.pipe()
    os.write(w, text.encode())
    os.close(w)
    return r


class Agent:
    """One user's agent, in the foreground, as a child of the test."""

    def __init__(self, world, name, **environment):
        self.world = world
        self.label = name + "@example.org"
        self.home = os.path.join(world.root, name)
        os.makedirs(self.home, mode=0o700, exist_ok=True)
        self.environment = {
            k: v for k, v in os.environ.items()
            if not k.startswith(("TOUCHSTONE", "DISPLAY", "WAYLAND", "XDG"))}
        self.environment.update(
            TOUCHSTONE_HOME=self.home,
            TOUCHSTONE_HELPER=world.program("touchstone-token"),
            **environment)
        self.process = None
        world.agents.append(self)

    @property
    def path(self):
        return os.path.join(self.home, "agent")

    def start(self, *options, **popen):
        self.process = subprocess.Popen(
            [self.world.program("touchstone-agent"), *options],
            env=self.environment, stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE, **popen)
        until(self.answers, "the agent answers")
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise Mismatch(f"the agent ended: {self.process.stderr.read()}")
        try:
            self.call("org.varlink.service.GetInfo")
            return True
        except OSError:
            return False

    def kill(self):
        if self.process:
            self.process.kill()
            self.wait()

    def stop(self):
        self.process.terminate()
        return self.wait()

    def wait(self, timeout=20):
        status = self.process.wait(timeout)
        if status > 0:
            print(self.process.stderr.read().decode(), file=sys.stderr)
        self.process.stderr.close()
        self.process = None
        return status

    def connect(self, timeout=30):
        return Connection(self.path, timeout)

    def call(self, method, /, pins=(), seen=None, **parameters):
        with self.connect() as c:
            return c.call(method, pins, seen, **parameters)

    def fails(self, kind, code, method, /, pins=(), **parameters):
        """The call must fail in this way; returns the fault."""
        try:
            reply = self.call(method, pins, **parameters)
        except Fault as fault:
            if (fault.kind, fault.code) != (kind, code):
                raise
            if kind not in ("InvalidParameter",) and not fault.parameters.get(
                    "message"):
                raise
            return fault
        raise Mismatch(f"{method} {parameters} gave {reply}")

    def init(self):
        return self.call("Init", label=self.label,
                         directory=self.world.directory)

    def provision(self, token, backup=None, seen=None):
        """PINs set, keys made, genesis published; names daily and backup."""
        self.init()
        pins = []
        for sim in filter(None, (token, backup)):
            self.set_pin(sim)
            pins.append(PIN)
        return self.call(
            "Provision", pins=pins, seen=seen, token=token.token, name="daily",
            algorithm="", pin_fd=0, backup=backup.token if backup else "",
            backup_name="backup" if backup else "",
            backup_pin_fd=1 if backup else None)["result"]

    def set_pin(self, sim):
        return self.call("SetPin", pins=[PIN], token=sim.token, new_pin_fd=0)

    def add_key(self, device, data=None):
        return self.call("AddKey", app="age", device=device,
                         file=data or age_key(device), protocol=1, expires=0)

    def sign(self, token="", wait=False, seen=None, pin=PIN):
        return self.call("Sign", pins=[pin], seen=seen, token=token, wait=wait,
                         pin_fd=0)["result"]

    def status(self):
        return self.call("GetStatus")

    def children(self):
        """Pids of the helpers that run now, but for the one that watches."""
        out = subprocess.run(
            ["ps", "-o", "pid=,args=", "--ppid", str(self.process.pid)],
            capture_output=True, text=True, check=False).stdout
        return [int(line.split()[0]) for line in out.splitlines()
                if "--watch-cards" not in line]

    def check_memory(self):
        """Below 8 MB, unless a sanitizer adds its own."""
        with open(self.world.program("touchstone-agent"), "rb") as f:
            if b"__asan_init" in f.read():
                return
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as f:
            kb = next(int(line.split()[1]) for line in f
                      if line.startswith("VmRSS"))
        holds(kb < 8 * 1024, f"{kb} kB of memory")


class AgentWorld(World):
    """A World whose agents are children of the test."""

    def __init__(self, build):
        super().__init__(build)
        self.agents = []

    def __exit__(self, *exc):
        """Each agent still ends in good order, or it is a failed test."""
        statuses = []
        for agent in self.agents:
            if exc[0] is None and agent.process:
                statuses.append(agent.stop())
            agent.kill()
        super().__exit__(*exc)
        if any(statuses):
            raise Mismatch(f"agents ended with {statuses}")

    def agent(self, name, **environment):
        return Agent(self, name, **environment).start()


def main(tests):
    """Run each test in a world of its own; argv: build folder [test]..."""
    chosen = [t for t in tests if t.__name__ in sys.argv[2:]] or tests
    for test in chosen:
        start = time.monotonic()
        with AgentWorld(sys.argv[1]) as world:
            test(world)
        print(f"{test.__name__}: good, {time.monotonic() - start:.2f} s",
              flush=True)


CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def bech32(hrp, data):
    """BIP 173, what age writes recipients in."""
    bits = "".join(f"{b:08b}" for b in data)
    bits += "0" * (-len(bits) % 5)
    values = [int(bits[i:i + 5], 2) for i in range(0, len(bits), 5)]
    expand = [ord(c) >> 5 for c in hrp] + [0] + [ord(c) & 31 for c in hrp]
    check = 1
    for v in expand + values + [0] * 6:
        top = check >> 25
        check = (check & 0x1ffffff) << 5 ^ v
        for i, g in enumerate((0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                               0x2a1462b3)):
            check ^= g if top >> i & 1 else 0
    check ^= 1
    values += [check >> 5 * (5 - i) & 31 for i in range(6)]
    return hrp + "1" + "".join(CHARSET[v] for v in values)


def age_key(device):
    """A recipient for this device; the same every time."""
    return bech32("age", (device.encode() * 32)[:32])


def until(what, description, seconds=20):
    """Poll: what() becomes true, or the test fails."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return
        time.sleep(0.01)
    raise Mismatch(f"after {seconds} s still not: {description}")


def same(got, wanted, what=""):
    if got != wanted:
        raise Mismatch(f"{what}: {got!r}, not {wanted!r}")


def holds(condition, what):
    if not condition:
        raise Mismatch(what)
