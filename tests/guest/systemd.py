# SPDX-License-Identifier: BSD-2-Clause
"""In the guest under systemd: a person at the seat, and Touchstone itself.

Touchstone's programs, units and udev rule are installed where a package puts
them.  Alice logs in at the seat and has the token; Bob has no seat.
"""

import json
import os
import re
import shutil
import socket
import subprocess

from check import PIN, Mismatch, as_user, check, main, run, until

SHARED = "/srv/touchstone"
SESSION = "alice-at-the-seat"
PINENTRY = f"""#!/bin/sh
echo OK
while read -r word rest; do
	case $word in
	GETPIN) echo "D {PIN}"; echo OK ;;
	BYE) echo OK; exit ;;
	*) echo OK ;;
	esac
done
"""


def write(path, text, mode=0o644, user=None):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, mode)
    if user:
        run("chown", "-R", f"{user}:", f"/home/{user}")


class Person:
    """Somebody with the installed command line."""

    def __init__(self, name, **env):
        self.name = name
        self.env = [f"{key}={value}" for key, value in env.items()]

    def argv(self, words, pins):
        """The command, its PINs in pipes; the descriptors to pass on."""
        argv = [*as_user(self.name), *self.env, "touchstone", *words]
        fds = []
        for option, pin in pins.items():
            r, w = os.pipe()
            os.write(w, pin.encode())
            os.close(w)
            fds.append(r)
            argv += [f"--{option.replace('_', '-')}", str(r)]
        return argv, fds

    def __call__(self, *words, expect=0, **pins):
        argv, fds = self.argv(words, pins)
        out = run(*argv, expect=expect, pass_fds=fds)
        for fd in fds:
            os.close(fd)
        return out

    def start(self, *words, **pins):
        argv, fds = self.argv(words, pins)
        child = subprocess.Popen(argv, pass_fds=fds, text=True,
                                 stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT)
        for fd in fds:
            os.close(fd)
        return child

    def json(self, *words):
        return json.loads(self(*words, "--json"))


alice = Person("alice")
bob = Person("bob", TOUCHSTONE_HOME="/home/bob/touchstone")


def unit(*words, expect=0):
    """systemctl with Alice's service manager."""
    return run("systemctl", "--user", "--no-pager", *words, user="alice",
               expect=expect).strip()


def agent_pid():
    return unit("show", "--property=MainPID", "--value", "touchstone.service")


def is_idle():
    pending = alice.json("pending")
    return not pending["changes"] and not pending["signing"]


def login(token):
    """The token is in already, as for somebody who comes to the machine."""
    write("/home/alice/pinentry", PINENTRY, 0o755, "alice")
    write("/home/alice/.config/environment.d/touchstone.conf",
          f"TOUCHSTONE_AUTOSIGN={shutil.which('touchstone')}\n"
          "TOUCHSTONE_PINENTRY=/home/alice/pinentry\n", user="alice")
    node = token.node()
    check("alice" not in run("getfacl", "-p", node),
          "nobody at the seat: nobody but root may open the token")
    run("systemd-run", f"--unit={SESSION}", "--uid=alice",
        "--property=PAMName=guest", "--property=TTYPath=/dev/tty1",
        "--property=StandardInput=tty", "sleep", "infinity")
    until(lambda: "user:alice:rw-" in run("getfacl", "-p", node),
          "Alice's access")
    check(True, "Alice logs in at the seat: logind gives her access")
    until(lambda: run("systemctl", "is-active", "user@1001.service",
                      expect=None) == "active\n", "Alice's service manager")
    run("fido2-token", "-I", node, user="alice")
    check(True, "Alice uses it")
    out = run("fido2-token", "-I", node, user="bob", expect=1)
    check("fido2-token:" in out, "Bob is refused")


def starts_on_plug(token):
    token.unplug()
    out = unit("enable", "--now", "touchstone.socket")
    out += unit("enable", "touchstone.service")
    check("touchstone-token.target.wants" in out, "Alice enables the agent",
          out)
    check(unit("is-active", "touchstone.service", expect=3) == "inactive",
          "no token: no agent")
    node = token.plug()
    check("user:alice:rw-" in run("getfacl", "-p", node),
          "plugged in: access is there with the node")
    until(lambda: unit("is-active", "touchstone.service",
                       expect=None) == "active", "the agent")
    check(agent_pid() != "0", "plugging the token in starts her agent")
    pid = agent_pid()
    token.unplug()
    token.plug()
    out = alice("token", "list")
    agents = run("pgrep", "-x", "touchstone-agen").split()  # 15 characters
    check(agents == [pid], "plugged in again, and asked: it is the same agent",
          str(agents))
    check("fido:/dev/hidraw" in out, "which sees the token", out)


def provision(token):
    token.control("auto-touch on")
    os.makedirs(SHARED)
    os.chmod(SHARED, 0o1777)
    alice("init", "alice@example.org", "--directory", SHARED)
    alice("token", "pin", new_pin_fd=PIN)
    alice("token", "provision", "--no-backup", pin_fd=PIN)
    status = alice.json("status")
    check([t["evidence"] for t in status["tokens"]] == ["token-statement"],
          "provision: a key of the statement applet", str(status))


def signs_on_plug(token):
    token.unplug()
    alice("key", "add", "--app", "ssh", "--device", "laptop", "--key",
          new_ssh_key("alice"))
    check(not is_idle(), "a key is added: it waits for the token")
    token.plug()
    until(is_idle, "the change is signed")
    out = alice("key", "list")
    check("laptop" in out, "plugging the token in signs it, PIN by pinentry",
          out)


def new_ssh_key(name):
    path = f"/tmp/{name}-ssh"
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path)
    with open(path + ".pub", encoding="ascii") as f:
        return f.read().strip()


def bob_appears():
    """Bob's token is a simulated one; his code is on his web page."""
    folder = "/home/bob/token"
    run(*as_user("bob"), "touchstone-sim", "--dir", folder)
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(folder + "/control")
        s.sendall(b"auto-touch on\n")
        check(s.recv(64) == b"ok\n", "Bob has a simulated token")
    sim = f"sim:{folder}"
    bob("init", "bob@example.org", "--directory", SHARED)
    bob("token", "pin", sim, new_pin_fd=PIN)
    bob("token", "provision", sim, "--no-backup", pin_fd=PIN)
    bob("key", "add", "--app", "ssh", "--device", "desk", "--key",
        new_ssh_key("bob"))
    bob("sign", pin_fd=PIN)
    return bob.json("status")["code"]


def confirm(token):
    code = bob_appears()
    alice("contact", "add", "bob@example.org")
    alice("keys", "bob", "--app", "ssh", expect=3)
    check(True, "no keys of a contact that is not verified")
    unplug_in_the_middle(token, code)
    token.plug()
    token.control("auto-touch on")
    alice("verify", "bob", "--code", code, pin_fd=PIN)
    check(alice("keys", "bob", "--app", "ssh").startswith("ssh-ed25519 "),
          "plugged in again, Alice confirms Bob and has his key")


def unplug_in_the_middle(token, code):
    token.control("auto-touch off")
    pid = agent_pid()
    child = alice.start("verify", "bob", "--code", code, pin_fd=PIN)
    until(lambda: token.control("led") in ("touch-keys", "touch-confirm") or
          child.poll() is not None, "a wait for a touch")
    if child.poll() is not None:
        raise Mismatch("verify did not wait: " + child.stdout.read())
    token.unplug()
    out = child.communicate(timeout=180)[0]
    said = re.search("^touchstone: .*The token was pulled out.*$", out, re.M)
    check(child.returncode != 0 and said,
          f"unplugged while it waits for a touch: {said and said[0]}", out)
    alice("keys", "bob", "--app", "ssh", expect=3)
    check(agent_pid() == pid, "Bob is still not verified; the agent lives on")


def logout(token):
    run("systemctl", "stop", SESSION)
    node = token.node()
    until(lambda: "alice" not in run("getfacl", "-p", node), "no access")
    check(True, "Alice logs out: her access is gone")
    out = run("fido2-token", "-I", node, user="alice", expect=1)
    check("fido2-token:" in out, "she is refused")


if __name__ == "__main__":
    main(login, starts_on_plug, provision, signs_on_plug, confirm, logout)
