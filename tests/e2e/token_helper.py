# SPDX-License-Identifier: BSD-2-Clause
"""Drive touchstone-token by its protocol, written from docs/HELPER.md alone,
and a simulator to give it."""

import ctypes
import fcntl
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "vectors"))
try:
    import reference as ref  # noqa: E402
except ImportError:  # the demo, on a Debian without packages of the tests
    ref = None

SK_ED25519, SK_P256 = 1, 2
(INFO, PROBE, CREATE, SIGN, PIN_SET, PIN_CHANGE, RESET, WINK, KEY_INFO, IMPORT,
 ATTEST, LIVE_BEGIN, LIVE_ANSWER, LIVE_OPEN, LIVE_CONFIRM, LIVE_TYPE, LIVE_END,
 FORGET, PIN_UNBLOCK) = range(1, 20)
CANCEL, TOUCH, TOUCHED, CHANNEL, READERS, RESULT = \
    0x20, 0x40, 0x41, 0x42, 0x43, 0x80
VERSION = 2
HIDRAW, STREAM, CARD = 1, 2, 3
FIDO, OF_APPLET, PIV, OPENPGP = range(4)  # kinds of keys
STATEMENT, CONFIRM = 1, 2
UNKNOWN = 255
TIMEOUT = 20  # seconds until a test that hangs fails


def error_names():
    """Number -> name, from the tables both sides are built of."""
    names = {0: "OK"}
    for path, prefix in (("include/touchstone/err.def", "TS"),
                         ("include/touchstone/wire/err.def", "TSW")):
        with open(os.path.join(ROOT, path)) as f:
            for name, number in re.findall(r"^X\((\w+), (\d+),", f.read(), re.M):
                names[int(number)] = f"{prefix}_{name}"
    return names


ERRORS = error_names()


def until(condition, what):
    """Wait for something that another process does."""
    end = time.monotonic() + TIMEOUT
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.005)


def die_with_parent():
    """A test that is killed leaves nothing behind."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


class Sim:
    """touchstone-sim, or what TOUCHSTONE_SIM names, in a folder of its own."""

    def __init__(self, build, *options):
        self.path = os.environ.get("TOUCHSTONE_SIM") or os.path.join(
            build, "firmware/board/posix/touchstone-sim")
        self.dir = tempfile.mkdtemp(prefix="ts")
        self.options = options
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [self.path, "--dir", self.dir, "--foreground", *self.options],
            stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        assert self.process.stdout.readline() == "touchstone-sim: ready\n"

    def control(self, line):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(TIMEOUT)
            s.connect(os.path.join(self.dir, "control"))
            s.sendall(line.encode() + b"\n")
            reply = s.makefile().readline().rstrip("\n")
        return reply

    def ok(self, line):
        reply = self.control(line)
        assert reply == "ok", (line, reply)

    def open(self):
        s = socket.socket(socket.AF_UNIX)
        s.connect(os.path.join(self.dir, "hid"))
        return s

    def stop(self):
        """End it.  1: an emulated board with faults, or a sanitizer's find."""
        self.process.terminate()
        status = self.process.wait(TIMEOUT)
        self.process.stdout.close()
        assert status != 1, "the token's program found faults"

    def close(self):
        try:
            self.stop()
        finally:
            shutil.rmtree(self.dir)


# Bodies of requests.

def common(op, budget=TIMEOUT * 1000, transport=None, orphan=0, reader=""):
    if transport is None:
        transport = CARD if reader else STREAM
    return struct.pack(">BBBIIB", VERSION, op, transport, budget, orphan,
                       len(reader)) + reader.encode()


def creds(keys):
    """keys: (id, algorithm, public key[, kind[, check]]); a check is an
    algorithm and a public key."""
    body = bytes([len(keys)])
    for i, alg, pk, *more in keys:
        kind, check = (*more, *(FIDO, None)[len(more):])
        body += struct.pack(">BH", kind, len(i)) + i + bytes([alg]) + pk
        body += b"\0" if check is None else bytes([1, check[0]]) + check[1]
    return body


def probe(keys, **o):
    return common(PROBE, **o) + creds(keys)


def create(algs=(SK_ED25519, SK_P256), label="alice@example.org",
           user=None, exclude=(), applet=False, kind=FIDO, slot=0,
           replace=False, **o):
    return (common(CREATE, **o) + creds(exclude)
            + bytes([kind, slot, replace, len(algs), *algs])
            + (user or os.urandom(32)) + bytes([len(label)]) + label.encode()
            + bytes([applet]))


def sign(key, message, ns=STATEMENT, uv=True, **o):
    return (common(SIGN, **o) + creds([key])
            + struct.pack(">BBH", ns, uv, len(message)) + message)


def applet(op, key=None, message=None, parties=None, value=b"", **o):
    """A request about an identity key, or about a live run."""
    body = common(op, **o) + (b"" if key is None else creds([key]))
    for part in ([] if message is None else [message]) + list(parties or ()):
        body += struct.pack(">H", len(part)) + part
    return body + value


def frame(body):
    return struct.pack(">I", len(body)) + body


class Result:
    """A decoded RESULT; payload stays raw."""

    def __init__(self, body):
        version, kind, self.op, err, self.retries = struct.unpack(
            ">BBBHB", body[:6])
        assert (version, kind) == (VERSION, RESULT)
        self.err = ERRORS[err]
        self.body = body
        self.payload = body[6:]

    def created(self):
        """(credential id, algorithm, public key), and what else it says."""
        kind, alg, pk, p = self.payload[0], *self._key(self.payload[1:])
        aaguid, length = p[:16], struct.unpack(">H", p[16:18])[0]
        ident, p = p[18:18 + length], p[18 + length:]
        counter, uv, attested, length = struct.unpack(">IBBH", p[:8])
        assert (length != 0) == (kind == OF_APPLET)
        more = {"aaguid": aaguid, "counter": counter, "uv": uv,
                "attested": attested, "attestation": p[8:8 + length]}
        p = p[8 + length:]
        key = (ident, alg, pk) if kind == FIDO else (ident, alg, pk, kind)
        if kind in (PIV, OPENPGP):
            more["pin"], more["touch"], more["factory"], check = p[:4]
            p = p[4:]
            if check:
                alg, pk, p = self._key(p)
                key += ((alg, pk),)
            length, = struct.unpack(">H", p[:2])
            more["bundle"], p = p[2:2 + length], p[2 + length:]
        assert p == b""
        return key, more

    @staticmethod
    def _key(p):
        """Algorithm, public key, what follows."""
        n = 33 if p[0] in (SK_ED25519, 3) else 66
        return p[0], p[1:n], p[n:]

    def signature(self):
        length = struct.unpack(">H", self.payload[:2])[0]
        assert len(self.payload) == 2 + length
        return self.payload[2:]

    def attestation(self):
        """The CBOR bytes."""
        length = struct.unpack(">H", self.payload[:2])[0]
        assert len(self.payload) == 2 + length
        return self.payload[2:]

    def key_info(self):
        """None, or (identity, seq, head, role)."""
        if self.payload == b"\0":
            return None
        bound, *head = struct.unpack(">B32sI32sB", self.payload)
        assert bound == 1
        return tuple(head)

    def live(self):
        """(value or None, outputs)."""
        if self.payload[0] == 0:
            return None, struct.unpack(">BB", self.payload)[1]
        return struct.unpack(">B32sB", self.payload)[1:]

    def info(self):
        p = self.payload
        out = {"aaguid": p[:16]}
        out["pin"], out["remaining"], out["firmware"], out["max_msg"] = \
            struct.unpack(">BiII", p[16:29])
        p = p[29:]
        for name in ("versions", "algorithms", "extensions", "options"):
            words, count, p = [], p[0], p[1:]
            for _ in range(count):
                words.append(p[1:1 + p[0]].decode())
                p = p[1 + p[0]:]
            out[name] = words
        on = struct.unpack(">H", p[:2])[0]
        p = p[2:]
        (out["applet"], out["outputs"], out["used"], out["free"], out["runs"],
         out["unlocked"], out["model"], out["image"], out["fault"]) = \
            struct.unpack(">BBBBBB16s32sB", p[:55])
        out["has_fido"], p = p[55], p[56:]
        out["piv"], p = self._piv(p)
        out["openpgp"], p = self._openpgp(p)
        assert p == b""
        out["on"] = [w for i, w in enumerate(out["options"]) if on >> i & 1]
        return out


    @staticmethod
    def _slots(p):
        """[(slot, algorithm, PIN policy, touch policy, generated)], rest."""
        end = 1 + 5 * p[0]
        return [tuple(p[i:i + 5]) for i in range(1, end, 5)], p[end:]

    def _piv(self, p):
        if p[0] == 0:
            return None, p[1:]
        names = ("version", "tries", "puk_tries", "guid", "can_attest",
                 "has_check")
        out = dict(zip(names, struct.unpack(">3sBB16sBB", p[1:24])))
        out["slots"], p = self._slots(p[24:])
        return out, p

    def _openpgp(self, p):
        if p[0] == 0:
            return None, p[1:]
        names = ("version", "manufacturer", "serial", "tries", "admin_tries",
                 "pin_once", "has_kdf", "has_button", "signatures")
        out = dict(zip(names, struct.unpack(">2s2s4sBBBBBI", p[1:18])))
        out["slots"], p = self._slots(p[18:])
        return out, p


class Helper:
    """One process; its messages in order.  For a card there is no device."""

    def __init__(self, path, device, request, pin=None, new_pin=None,
                 env=None, stderr=2):
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(2 * TIMEOUT)
        if request is not None:
            self.socket.sendall(frame(request))
        # Above the numbers they get, so that placing one hits no other.
        placed = [(self._high(theirs.detach()), 0)]
        if device is not None:
            placed.append((self._high(device.detach()), 3))
        actions = [(os.POSIX_SPAWN_DUP2, stderr, 2)]
        for secret, number in ((pin, 4), (new_pin, 5)):
            if secret is None:
                actions.append((os.POSIX_SPAWN_CLOSE, number))
            else:
                placed.append((self._pipe(secret), number))
        actions += [(os.POSIX_SPAWN_DUP2, fd, number) for fd, number in placed]
        argv = ["touchstone-token"] + (["--card"] if device is None else [])
        self.pid = os.posix_spawn(path, argv, env or {},
                                  file_actions=actions, setsid=True)
        for fd, _ in placed:
            os.close(fd)
        self.status = None
        self.channel = 0  # the last that it said it has

    @staticmethod
    def _high(fd):
        moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 20)
        os.close(fd)
        return moved

    def _pipe(self, secret):
        if isinstance(secret, int):
            return self._high(secret)
        r, w = os.pipe()
        os.write(w, secret.encode())
        os.close(w)
        return self._high(r)

    def _bytes(self, n):
        data = b""
        while len(data) < n:
            part = self.socket.recv(n - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def next(self):
        """TOUCH, TOUCHED or a Result."""
        body = self._bytes(struct.unpack(">I", self._bytes(4))[0])
        if body[1] == RESULT:
            return Result(body)
        if body[1] == CHANNEL:
            self.channel, = struct.unpack(">I", body[2:])
            return self.next()
        assert len(body) == 2 and body[1] in (TOUCH, TOUCHED), body
        return body[1]

    def finish(self):
        """(events, result), after which nothing follows but the end."""
        events = []
        while True:
            message = self.next()
            if isinstance(message, Result):
                break
            events.append(message)
        assert self.socket.recv(1) == b""
        assert self.wait() == 0
        return events, message

    def cancel(self):
        self.socket.sendall(frame(struct.pack(">BB", VERSION, CANCEL)))

    def wait(self):
        if self.status is None:
            self.status = os.waitstatus_to_exitcode(
                os.waitpid(self.pid, 0)[1])
            self.socket.close()
        return self.status

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        return self.wait()


class Bench:
    """A simulator and a way to ask it."""

    def __init__(self, build, *options):
        self.path = os.path.join(build, "host/token/touchstone-token")
        self.sim = Sim(build, *options)

    def start(self, request, **o):
        return Helper(self.path, self.sim.open(), request, **o)

    def run(self, request, **o):
        return self.start(request, **o).finish()[1]

    def close(self):
        self.sim.close()


def statement(tokens=None, label="alice@example.org"):
    """Bytes of a genesis."""
    tokens = tokens or [ref.Token(ref.SK_ED25519, "any").entry()]
    return ref.cbor(ref.genesis(label, tokens, 1767225600))


def confirmation():
    h = ref.sha256(b"any")
    return ref.cbor(ref.confirm((h, 1, h), (ref.sha256(b"b"), "bob@example.org",
                                            2, h), 1, 1767225600))


def is_sanitized(path):
    """Whether this helper has no walls: only where its build asked for that.

    So a release build that lost its sandbox fails here instead of passing the
    tests of the sandbox by leaving them out.
    """
    out = subprocess.run([path, "--version"], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    assert out.startswith("touchstone-token "), out
    cache = os.path.join(os.path.dirname(path), "../../CMakeCache.txt")
    with open(cache) as f:
        asked = any(line.strip() in ("TS_SANITIZE:BOOL=ON", "TS_FUZZ:BOOL=ON")
                    for line in f)
    assert ("no sandbox" in out) == asked, out
    return asked


def run_all(names):
    """Run test_* functions of a module, or those that are named after the
    build folder; exit status for ctest."""
    failed = 0
    build, *chosen = os.path.abspath(sys.argv[1]), *sys.argv[2:]
    tests = {name for name in names if name.startswith("test_")}
    if not tests.issuperset(chosen):
        sys.exit(f"no such test: {set(chosen) - tests}")
    for name in sorted(chosen or tests):
        test = names[name]
        try:
            test(build)
            print(f"ok {name}", flush=True)
        except Exception as e:
            traceback.print_exc()
            print(f"FAILED {name}: {e!r}", flush=True)
            failed += 1
    return failed != 0
