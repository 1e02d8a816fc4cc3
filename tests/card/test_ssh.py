# SPDX-License-Identifier: BSD-2-Clause
"""OpenSSH logs in with our card through OpenSC's PKCS#11 module.

The server is the stock sshd of an ordinary user, in one more user namespace:
one that says it is root would want to become others.

usage: test_ssh.py BUILD [test]...
"""

import os
import socket
import subprocess
from contextlib import contextmanager

import tools
from pcsc import mount, unmount, until
from test_opensc import put_key
from tools import OTHER_PIN, PIN, environment, says
from world import main

PORT = 2222
UID = "1000"
PASSWD = f"""root:x:0:0:root:{{home}}:/bin/sh
sshd:x:101:65534::/run/sshd:/usr/sbin/nologin
alice:x:{UID}:{UID}::{{home}}:/bin/sh
"""
SSHD_CONFIG = f"""ListenAddress 127.0.0.1:{PORT}
HostKey {{root}}/host_key
AuthorizedKeysFile {{root}}/authorized_keys
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
"""


def write(world, name, text, mode=0o600):
    path = os.path.join(world.root, name)
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)
    return path


def answers():
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", PORT)) == 0


@contextmanager
def server(world):
    """sshd, and alice in /etc/passwd of this namespace."""
    mount(write(world, "passwd", PASSWD.format(home=world.root), 0o644),
          "/etc/passwd", "none", bind=True)
    config = write(world, "sshd_config", SSHD_CONFIG.format(root=world.root))
    tools.run(world, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
              os.path.join(world.root, "host_key"))
    with open(os.path.join(world.root, "sshd.log"), "w+") as log:
        sshd = subprocess.Popen(
            ["unshare", "--user", "--map-user", UID, "--map-group", UID,
             "/usr/sbin/sshd", "-D", "-e", "-f", config],
            env=environment(world), stdin=subprocess.DEVNULL, stdout=log,
            stderr=log)
        try:
            until(lambda: answers() or sshd.poll() is not None, "sshd")
            yield
        except BaseException:
            log.seek(0)
            print(log.read())
            raise
        finally:
            sshd.terminate()
            sshd.wait()
            unmount("/etc/passwd")


def login(world, pin=PIN, **kw):
    """What ssh prints that logs in as alice."""
    askpass = write(world, "askpass", f"#!/bin/sh\necho {pin}\n", 0o700)
    return tools.run(
        world, "ssh", "-F", "none", "-I", tools.pkcs11_module(), "-o",
        "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
        "-o", "IdentityFile=none", "-o", "NumberOfPasswordPrompts=1", "-p",
        str(PORT), "alice@127.0.0.1", "echo it is $USER",
        env={"SSH_ASKPASS": askpass, "SSH_ASKPASS_REQUIRE": "force"}, **kw)


def logs_in(world):
    card = world.card("card")
    put_key(world, "9A")
    keys = tools.run(world, "ssh-keygen", "-D", tools.pkcs11_module(),
                     merge=False)
    says(keys, "ecdsa-sha2-nistp256 ")
    write(world, "authorized_keys", keys)
    with server(world):
        says(login(world), "it is alice")
        says(login(world, OTHER_PIN, expect=255), "Permission denied")
        says(login(world), "it is alice")
        card.power_cycle()
        says(login(world), "it is alice")
        card.pull()
        says(login(world, expect=255), "Permission denied")


def another_card(world):
    first = world.card("first")
    put_key(world, "9A")
    write(world, "authorized_keys", tools.run(
        world, "ssh-keygen", "-D", tools.pkcs11_module(), merge=False))
    first.pull()
    world.card("second", slot=1)
    put_key(world, "9A")
    with server(world):
        says(login(world, expect=255), "Permission denied")


if __name__ == "__main__":
    main([logs_in, another_card], slots=2)
