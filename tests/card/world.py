# SPDX-License-Identifier: BSD-2-Clause
"""Worlds with cards: people, tokens, and a pcscd whose readers have our token
in them.  See README.md.

Everything of tests/e2e/world.py is here, too.
"""

import contextlib
import importlib.util
import os
import sys
import threading
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
E2E = os.path.join(os.path.dirname(HERE), "e2e")


def _e2e_world():
    """tests/e2e/world.py, whose name is taken by this file."""
    spec = importlib.util.spec_from_file_location(
        "e2e_world", os.path.join(E2E, "world.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules["e2e_world"] = module
    spec.loader.exec_module(module)
    return module


_e2e = _e2e_world()
PIN, BOARD = _e2e.PIN, _e2e.BOARD
Mismatch, Sim, Person, World = (_e2e.Mismatch, _e2e.Sim, _e2e.Person,
                                _e2e.World)
dead = _e2e.dead
if E2E not in sys.path:
    sys.path.append(E2E)  # demo, varlink, token_helper

from pcsc import Client, Pcscd, PcscError, enter, until  # noqa: E402

__all__ = ["BOARD", "PIN", "Card", "CardWorld", "Client", "Mismatch", "Pcscd",
           "PcscError", "Person", "Sim", "World", "dead", "enter", "main",
           "until"]


class Card(Sim):
    """A simulated token that is a card: in reader number slot of a Pcscd, or,
    without one, on DIR/apdu.  It is a token on DIR/hid as well."""

    def __init__(self, world, name, pcscd=None, slot=0, **kw):
        self.pcscd = pcscd
        self.reader = pcscd.readers[slot] if pcscd else None
        self.vpcd = (["--vpcd", f"localhost:{pcscd.ports[slot]}"]
                     if pcscd else [])
        super().__init__(world, name, **kw)

    def start(self, auto_touch=True):
        self.options = [o for o in self.options
                        if o not in self.vpcd] + self.vpcd
        super().start(auto_touch)
        if self.pcscd:
            self.pcscd.wait_for(self.reader)

    def kill(self):
        super().kill()
        self._is_out()

    def stop(self):
        super().stop()
        self._is_out()

    def _is_out(self):
        """A card that is back before pcscd looked was never away for it, and
        is not switched on."""
        if self.pcscd and self.pcscd.process:
            self.pcscd.wait_for(self.reader, present=False)

    def apdu_path(self):
        return os.path.join(self.dir, "apdu")

    @contextlib.contextmanager
    def touched_when_it_waits(self, after=0):
        """A finger is on its way: it touches the token some seconds after that
        began to wait, and it must have waited before the block ends."""
        touched = []

        def touch():
            if self.control("wait-touch") == "ok":
                time.sleep(after)
                touched.append(self.control("touch"))

        finger = threading.Thread(target=touch, daemon=True)
        finger.start()
        yield
        finger.join(1)
        if touched != ["ok"]:
            raise Mismatch("the token did not wait for a touch")

    def power_cycle(self):
        """Out and in again, and pcscd has seen both."""
        self.pull()
        self.insert()

    def pull(self):
        """Out, and pcscd has seen it."""
        self.control("unplug")
        if self.pcscd:
            self.pcscd.wait_for(self.reader, present=False)

    def insert(self):
        self.control("plug")
        if self.pcscd:
            self.pcscd.wait_for(self.reader)


class CardWorld(World):
    """A World with a pcscd of its own."""

    place = "/run"  # of the namespace: gone with it, even if we are killed

    def __init__(self, build, boards=(), slots=1):
        super().__init__(build, boards)
        self.slots = slots
        self.pcscd = None

    def __enter__(self):
        super().__enter__()
        self.pcscd = Pcscd(self.root, self.slots)
        try:
            self.pcscd.start()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, *exc):
        try:
            self.pcscd.stop()
        finally:
            super().__exit__(*exc)

    def card(self, name, slot=0, **kw):
        """A card in reader number slot."""
        card = Card(self, name, self.pcscd, slot, **kw)
        self.sims.append(card)
        return card


def in_a_process(run):
    """True if run() came to its end, in a process of its own: libraries keep
    contexts of a pcscd that is gone."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            run()
            status = 0
        except BaseException:  # whatever it is, this is not the parent
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    return os.waitpid(pid, 0)[1] == 0


def main(tests, world=CardWorld, **kw):
    """Run each test in a world of its own, in namespaces; argv: build folder
    [test]..."""
    enter()
    failed = []
    names = {t.__name__ for t in tests}
    if not names.issuperset(sys.argv[2:]):
        sys.exit(f"no such test: {set(sys.argv[2:]) - names}")

    def run(test):
        with world(sys.argv[1], **kw) as w:
            test(w)

    for test in tests:
        if sys.argv[2:] and test.__name__ not in sys.argv[2:]:
            continue
        start = time.monotonic()
        good = in_a_process(lambda t=test: run(t))
        print(f"{test.__name__}: {'good' if good else 'FAILED'}, "
              f"{time.monotonic() - start:.2f} s", flush=True)
        if not good:
            failed.append(test.__name__)
    sys.exit(f"failed: {' '.join(failed)}" if failed else 0)
