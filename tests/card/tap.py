# SPDX-License-Identifier: BSD-2-Clause
"""What a reader says to its card."""

import socket
import threading


class Tap:
    """Stands between a reader of pcscd and its card, in the former's place,
    and writes down the commands."""

    def __init__(self, pcscd, slot):
        self.pcscd = pcscd
        self.readers = pcscd.readers[slot:]
        self.behind = pcscd.ports[slot]
        self.commands = []
        self.listener = socket.create_server(("localhost", 0))
        self.ports = [self.listener.getsockname()[1]]
        threading.Thread(target=self.accept, daemon=True).start()

    def __getattr__(self, name):
        return getattr(self.pcscd, name)

    def accept(self):
        card, _ = self.listener.accept()
        driver = socket.create_connection(("localhost", self.behind))
        for source, target, seen in ((card, driver, None),
                                     (driver, card, self.commands)):
            threading.Thread(target=self.carry, daemon=True,
                             args=(source, target, seen)).start()

    def carry(self, source, target, seen):
        stream = source.makefile("rb")
        while len(head := stream.read(2)) == 2:
            message = stream.read(int.from_bytes(head, "big"))
            if seen is not None and len(message) > 1:
                seen.append(message)
            target.sendall(head + message)
        target.shutdown(socket.SHUT_RDWR)
