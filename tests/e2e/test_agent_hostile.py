# SPDX-License-Identifier: BSD-2-Clause
"""Clients of the agent that do not behave, while others are served.

usage: test_agent_hostile.py BUILD [test]...
"""

import array
import json
import os
import random
import socket

from varlink import Fault, holds, main, same, until

CALL = b'{"method":"org.touchstone.Agent.GetStatus"}\0'


def raw(agent, data=b"", timeout=20):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(timeout)
    s.connect(agent.path)
    if data:
        s.sendall(data)
    return s


def everything(s):
    """All that comes until the end."""
    received = b""
    while True:
        try:
            data = s.recv(65536)
        except ConnectionResetError:
            return received
        if not data:
            return received
        received += data


def errors(received):
    return [json.loads(m).get("error") for m in received.split(b"\0")[:-1]]


def descriptors(agent):
    return len(os.listdir(f"/proc/{agent.process.pid}/fd"))


def garbage(world):
    alice = world.agent("alice")
    rng = random.Random(1)
    before = descriptors(alice)
    bad = [b"\0", b"{\0", b"[]\0", b"null\0", b"\xff\xfe\0", b"{}\0",
           b'{"method":"a"}\0', b'{"method":"a.b","method":"a.b"}\0',
           b'{"method":"a.b","parameters":' + b"[" * 50000 + b"\0",
           b'{"method":"a.b","extra":1}\0', b"GET / HTTP/1.1\r\n\r\n\0"]
    bad += [rng.randbytes(rng.randrange(1, 3000)).replace(b"\0", b"x") + b"\0"
            for _ in range(100)]
    for data in bad:
        with raw(alice, data + CALL) as s:
            received = everything(s)
        same(errors(received), ["org.touchstone.Agent.Failed"], repr(data[:40]))
        holds(b'"PROTOCOL"' in received, "the error has a name")
    same(alice.status()["initialised"], False, "still served")
    until(lambda: descriptors(alice) <= before, "nothing is left open")


def oversized(world):
    alice = world.agent("alice")
    with raw(alice) as s:
        try:
            for _ in range(40):
                s.sendall(b"x" * 4096)
        except OSError:
            pass
        received = everything(s)
    same(errors(received), ["org.touchstone.Agent.Failed"], "too long")
    # The longest that fits is a call like any other.
    call = CALL[:-2] + b',"parameters":{}' + b"}\0"
    with raw(alice, b" " * (65536 - len(call)) + call) as s:
        s.shutdown(socket.SHUT_WR)
        same(errors(everything(s)), [None], "as long as allowed")


def protocol_errors(world):
    alice = world.agent("alice")
    service = "org.varlink.service."
    cases = [
        ("org.example.Do", {}, "InterfaceNotFound",
         {"interface": "org.example"}),
        ("Do", {}, "MethodNotFound", {"method": "Do"}),
        ("SignHash", {"hash": "00"}, "MethodNotFound", {"method": "SignHash"}),
        ("Sign", {}, "InvalidParameter", {"parameter": "token"}),
        ("Sign", {"token": "", "wait": 1}, "InvalidParameter",
         {"parameter": "wait"}),
        ("Sign", {"token": "", "wait": False, "statement": "a0"},
         "InvalidParameter", {"parameter": "statement"}),
        ("Watch", {}, "ExpectedMore", {}),
        (service + "Do", {}, "MethodNotFound", {"method": "Do"}),
        (service + "GetInterfaceDescription", {"interface": "x"},
         "InterfaceNotFound", {"interface": "x"}),
    ]
    with alice.connect() as c:
        for method, parameters, kind, detail in cases:
            try:
                c.call(method, **parameters)
            except Fault as fault:
                same((fault.kind, fault.parameters), (kind, detail), method)
            else:
                raise AssertionError(method)
        info = c.call(service + "GetInfo")
        same(info["interfaces"], [service[:-1], "org.touchstone.Agent"],
             "interfaces")
        for name in info["interfaces"]:
            text = c.call(service + "GetInterfaceDescription",
                          interface=name)["description"]
            holds(f"\ninterface {name}\n" in text, name)


def pipelined_and_oneway(world):
    alice = world.agent("alice")
    oneway = CALL.replace(b'{"m', b'{"oneway":true,"m')
    with raw(alice, (CALL + oneway) * 50) as s:
        s.shutdown(socket.SHUT_WR)
        same(errors(everything(s)), [None] * 50, "replies")


def too_many_connections(world):
    alice = world.agent("alice")
    sockets = [raw(alice) for _ in range(32)]
    for s in sockets:
        s.sendall(CALL)
        s.recv(10)
    with raw(alice) as late:
        received = everything(late)
    holds(b'"BUSY"' in received, f"the 33rd was told {received!r}")
    sockets.pop().close()
    until(lambda: served(alice), "a place is free again")
    for s in sockets:
        s.close()


def served(agent):
    try:
        return "version" in agent.status()
    except (Fault, OSError, EOFError):
        return False


def slow_reader(world):
    """Does not read; others are served, memory is bounded, nothing is lost."""
    alice = world.agent("alice")
    lazy = raw(alice)
    lazy.setblocking(False)
    sent = 0
    call = (b'{"method":"org.varlink.service.GetInterfaceDescription",'
            b'"parameters":{"interface":"org.touchstone.Agent"}}\0')
    pending = b""
    for _ in range(20000):
        pending = pending or call
        try:
            n = lazy.send(pending)
        except BlockingIOError:
            break
        sent += n == len(pending)
        pending = pending[n:]
    holds(0 < sent < 20000, f"{sent} calls were taken unread")
    for _ in range(20):
        same(alice.status()["initialised"], False, "others are served")
    alice.check_memory()
    lazy.setblocking(True)
    lazy.settimeout(20)
    heard = b""
    while heard.count(b"\0") < sent:
        heard += lazy.recv(65536)
    same(set(errors(heard)), {None}, "every call was answered")
    lazy.close()


def watcher_that_does_not_read(world):
    alice = world.agent("alice")
    alice.provision(world.sim("daily"))
    watch = b'{"method":"org.touchstone.Agent.Watch","more":true}\0'
    with raw(alice, watch):
        for i in range(300):
            number = alice.add_key(f"device{i}")["change"]["number"]
            alice.call("DropPending", number=number)
    alice.check_memory()


def descriptor_flood(world):
    alice = world.agent("alice")
    alice.provision(world.sim("daily"))
    before = descriptors(alice)
    null = os.open("/dev/null", os.O_RDONLY)
    for count in (5, 64, 200):
        with raw(alice) as s:
            s.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                                array.array("i", [null] * count))])
            same(errors(everything(s)), ["org.touchstone.Agent.Failed"],
                 "flood")
    # Within the limit, but no pipe, or nobody wrote to it yet.
    alice.add_key("laptop")
    r, w = os.pipe()
    for fd in (null, r):
        with alice.connect() as c:
            message = json.dumps(
                {"method": "org.touchstone.Agent.Sign", "parameters":
                 {"token": "", "wait": False, "pin_fd": 0}}).encode() + b"\0"
            c.socket.sendmsg([message], [(
                socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])
            try:
                c.reply()
            except Fault as fault:
                same((fault.kind, fault.code), ("Usage", "ARGUMENT"), "pin")
            else:
                raise AssertionError("signed without a PIN")
    for fd in (null, r, w):
        os.close(fd)
    alice.fails("Usage", "ARGUMENT", "Sign", token="", wait=False, pin_fd=0)
    same(alice.sign()["seq"], 1, "signed")
    until(lambda: descriptors(alice) <= before, "nothing is left open")


def one_operation_at_a_time(world):
    sim = world.sim("daily")
    alice = world.agent("alice")
    alice.provision(sim)
    alice.add_key("laptop")
    sim.control("auto-touch off")
    with alice.connect() as c:
        c.send("Sign", {"token": "", "wait": False, "pin_fd": 0}, more=True,
               pins=["314159"])
        c.wait_for("touch")
        alice.fails("Failed", "BUSY", "TokenInfo", token=sim.token)
        alice.fails("Failed", "BUSY", "Sign", pins=["314159"], token="daily",
                    wait=True, pin_fd=0)
        sim.control("touch")
        same(c.reply([])["result"]["seq"], 1, "signed")


def too_many_operations(world):
    alice = world.agent("alice")
    sim = world.sim("daily")
    alice.provision(sim)
    alice.add_key("laptop")
    sim.control("unplug")
    waiting = []
    for _ in range(8):
        c = alice.connect()
        c.send("Sign", {"token": "", "wait": True}, more=True)
        c.wait_for("plug-in")
        waiting.append(c)
    alice.fails("Failed", "BUSY", "Sign", token="", wait=True)
    for c in waiting:
        c.close()
    sim.control("plug")
    until(lambda: alice.status()["tokens"][0]["present"], "it is there")
    same(alice.sign()["seq"], 1, "signed")


if __name__ == "__main__":
    main([garbage, oversized, protocol_errors, pipelined_and_oneway,
          too_many_connections, slow_reader, watcher_that_does_not_read,
          descriptor_flood, one_operation_at_a_time, too_many_operations])
