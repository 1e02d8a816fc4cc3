# SPDX-License-Identifier: BSD-2-Clause
"""A directory that lies.

Its operator has the real keys: that of the log, that of the VRF, and those of
the witnesses who collude with him.  He stops the honest directory and serves
what he likes in its place.  Each way of lying is a class here.
"""

import http.server
import os
import socketserver
import threading
import time

from ledger import (Ledger, cbor, consistency, decode, leaf_hash, root,
                    statement)

DAY = 86400
REFUSALS = {3: 404, 4: 409, 10: 410}


class Truth:
    """What an honest directory says; lies differ in one thing."""

    def __init__(self, data, witnesses=(), **kw):
        self.ledger = Ledger(data, witnesses)
        self.prepare(**kw)

    def prepare(self):
        """Change the ledger."""

    def note(self):
        return self.ledger.note()

    def records(self, label):
        return self.ledger.records.get(label, [])

    def page(self, ask):
        return self.ledger.page(ask, self.note(), self.records(ask[1]))

    def lookup(self, ask):
        return 200, cbor(self.page(ask))

    def refusal(self, code):
        return REFUSALS[code], cbor({0: 1, 1: code, 2: 0, 3: ""})

    def consistency(self, ask):
        hashes = self.ledger.hashes(ask[2])
        return 200, cbor({0: 1, 1: root(hashes[:ask[1]]),
                          2: b"".join(consistency(hashes, ask[1]))})

    def submit(self, ask):
        """Whatever it is, it is taken."""
        label, number, envelope = ask[1], ask[2], ask[3]
        records = self.ledger.records.setdefault(label, [])
        if number == len(records):
            record = self.ledger.record(label, number, envelope)
            records.append(record)
            self.ledger.append([(record.k, record.c)])
        elif number > len(records):
            return self.refusal(4)
        return 200, cbor({0: 1, 1: self.ledger.place(records[number])})

    def answer(self, path, body):
        if path == "/v1/submit":
            return self.submit(decode(body))
        if path == "/v1/lookup":
            return self.lookup(decode(body))
        if path == "/v1/consistency":
            return self.consistency(decode(body))
        if path == "/checkpoint":
            return 200, self.note()
        if path.startswith("/tile/"):
            return self.tile(path.removeprefix("/tile/"))
        return self.refusal(3)

    def tile(self, path):
        """For auditors; of logs that have less than 65,536 leaves."""
        kind, number, *width = path.removesuffix("/").split("/")
        if kind not in ("entries", "0"):
            return self.refusal(3)
        first = 256 * int(number.removesuffix(".p"))
        leaves = self.ledger.leaves[first:first + int((width or [256])[0])]
        if kind == "0":
            return 200, b"".join(map(leaf_hash, leaves))
        return 200, b"".join(len(leaf).to_bytes(2, "big") + leaf
                             for leaf in leaves)

    def serve(self, handler, body):
        """Everything that goes over the wire."""
        status, data = self.answer(handler.path.split("?")[0], body)
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)


# --- A proof that does not verify ---

def spoil(data, at=-1):
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


class WrongVrf(Truth):
    """Another record's place in the index."""

    def page(self, ask):
        page = super().page(ask)
        for record in page[4]:
            record[2][1] = self.ledger.prove(ask[1], record[0] + 7)[1]
        return page


class WrongOpening(Truth):
    def page(self, ask):
        page = super().page(ask)
        for record in page[4]:
            record[2][0] = spoil(record[2][0])
        return page


class WrongPath(Truth):
    def page(self, ask):
        page = super().page(ask)
        for record in page[4]:
            record[2][2] = spoil(record[2][2])
        return page


class NoProof(Truth):
    """A record that nothing binds."""

    def page(self, ask):
        page = super().page(ask)
        if page[4]:
            del page[4][-1][2]
        return page


class WrongNumber(Truth):
    """A gap in front of the records."""

    def page(self, ask):
        page = super().page(ask)
        for record in page[4]:
            record[0] += 1
        return page


class WrongAbsence(Truth):
    """An absence that is proven of the number after the next."""

    def page(self, ask):
        page = super().page(ask)
        number = ask[2] + len(page[4]) + 1
        page[5] = self.ledger.absence(ask[1], number)
        return page


class WrongInclusion(Truth):
    """The root of the index is of no leaf of the checkpoint."""

    def page(self, ask):
        page = super().page(ask)
        page[3] = spoil(page[3])
        return page


class WrongSignature(Truth):
    """Not a word by the key of the log."""

    def note(self):
        note = super().note().decode().splitlines(keepends=True)
        return "".join(note[:4] + note[5:]).encode()


# --- Not the latest ---

class NoAbsence(Truth):
    """It says that there is no more, and does not prove it."""

    def page(self, ask):
        page = super().page(ask)
        del page[5]
        return page


class OtherIndex(Truth):
    """The absence holds in an index that is not the one of the records."""

    def page(self, ask):
        page = super().page(ask)
        k, c = self.ledger.noise()
        self.ledger.index[k] = c
        page[5] = self.ledger.absence(ask[1], ask[2] + len(page[4]))
        del self.ledger.index[k]
        return page


class Hidden(Truth):
    """The newest record of label is left out of the index; only an auditor
    sees that, or who knows the record."""

    def prepare(self, label):
        last = self.ledger.records[label].pop()
        index = {**self.ledger.entries(), **dict([noise := self.ledger.noise()])}
        del index[last.k]
        self.ledger.append([noise], index)


# --- Records that do not follow ---

class Added(Truth):
    """One more record: signed by nobody, or by a stolen token."""

    def prepare(self, label, envelope):
        records = self.ledger.records[label]
        record = self.ledger.record(label, len(records), envelope)
        records.append(record)
        self.ledger.append([(record.k, record.c)])


class Forked(Truth):
    """Another record in the place of the last one, which the index hides."""

    def prepare(self, label, envelope):
        records = self.ledger.records[label]
        records[-1] = self.ledger.record(label, len(records) - 1, envelope)
        noise = self.ledger.noise()
        index = {**self.ledger.entries(), noise[0]: noise[1],
                 records[-1].k: records[-1].c}
        self.ledger.append([noise], index)


# --- Another log ---

class RolledBack(Truth):
    """The log of yesterday."""

    def prepare(self):
        leaves = self.ledger.leaves
        del leaves[-1]
        while len(leaves[-1]) != 40:
            del leaves[-1]
        self.ledger.index = self.ledger.entries()
        for label, records in self.ledger.records.items():
            self.ledger.records[label] = [
                r for r in records if r.k in self.ledger.index]


class Split(Truth):
    """A log of the same size that others are shown: one entry is another."""

    def prepare(self):
        ledger = self.ledger
        ledger.leaves.pop()
        del ledger.leaves[-1]
        ledger.append([ledger.noise()])
        for label, records in ledger.records.items():
            ledger.records[label] = [
                r for r in records if r.k in ledger.index]


class SplitLonger(Split):
    """The same, and it has grown since."""

    def prepare(self):
        super().prepare()
        self.ledger.append([self.ledger.noise()])


class NoWitness(Truth):
    def note(self):
        return self.ledger.note(cosigned=False)


class Stale(Truth):
    """Nobody has cosigned anything since the day before."""

    def note(self):
        return self.ledger.note(when=int(time.time()) - DAY - 60)


# --- No answers, or too many ---

class Erased(Truth):
    def lookup(self, ask):
        return self.refusal(10)


class Fault(Truth):
    def answer(self, path, body):
        return 500, b"<h1>Internal Server Error</h1>\n"


class Garbage(Truth):
    def answer(self, path, body):
        return 200, os.urandom(5000)


class Cut(Truth):
    """A page that ends in the middle."""

    def lookup(self, ask):
        status, data = super().lookup(ask)
        return status, data[:-9]


class NotHttp(Truth):
    def serve(self, handler, body):
        handler.wfile.write(b"\x16\x03\x01\x02\x00\x01\x00" * 100)
        handler.close_connection = True


class Endless(Truth):
    """It never stops talking."""

    def serve(self, handler, body):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        chunk = b"8000\r\n" + bytes(0x8000) + b"\r\n"
        try:
            while not handler.server.over.is_set():
                handler.wfile.write(chunk)
        except OSError:
            pass
        handler.close_connection = True


class BlackHole(Truth):
    """It listens, and never says a word."""

    def serve(self, handler, body):
        handler.server.over.wait()
        handler.close_connection = True


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        size = int(self.headers.get("Content-Length", 0))
        self.server.asked.append(self.path)
        self.server.lie.serve(self, self.rfile.read(size))

    do_POST = do_GET

    def log_message(self, format, *args):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request, client_address):
        pass  # who asked went away


class Liar:
    """Serves a lie on a port of loopback while it is entered."""

    def __init__(self, port, lie):
        self.port, self.lie = port, lie

    def __enter__(self):
        self.server = Server(("127.0.0.1", self.port), Handler)
        self.server.lie, self.server.asked = self.lie, []
        self.server.over = threading.Event()
        self.thread = threading.Thread(target=self.server.serve_forever,
                                       args=(0.02,))
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.server.over.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def asked(self):
        return list(self.server.asked)


def unsigned(ledger, label, identity):
    """An update that adds a key, under the signature of another statement."""
    last = ledger.records[label][-1]
    signatures = decode(last.bytes)[1]
    update = {0: 1, 1: 2, 2: 4102444800, 3: identity,
              4: decode(statement(last.bytes)).get(4, 0) + 1
              if decode(statement(last.bytes))[1] == 2 else 1,
              5: last.hash,
              6: [{0: 1, 1: {0: 2, 1: "phone", 2: 2, 3: b"\x09" * 32, 4: 1}}]}
    return cbor([cbor(update), signatures])

