# SPDX-License-Identifier: BSD-2-Clause
"""In the guest's short mode: the cable, libfido2's tools, OpenSSH.

All programs are Debian's, unmodified, and talk to a hidraw node.
"""

import base64
import hashlib
import os
import re
import statistics
import subprocess

from check import (PIN, check, complaints, main, ping, port_is_open,
                   properties, run, typed, until)

USB_ID = "1209:0001"


def enumeration(token):
    node = token.node()
    out = run("lsusb", "-v", "-d", USB_ID)
    # It cannot read reports beside the kernel's driver, and says of each CCID
    # 1.1 device, which all are today, that it knows 1.0.
    bad = [line for line in out.splitlines() if re.search(
        r"warning: (?!only accurate)|unrecognized|can.t|cannot|couldn.t|junk|"
        r"error|invalid|too short|\*\* (?!unavailable)", line, re.I)]
    check("bcdUSB" in out and not bad, "lsusb -v has nothing to complain of",
          "\n".join(bad) or out)
    shape = re.findall(r"bInterfaceClass +(\d+)", out)
    check(shape == ["3", "11", "3"], "FIDO, smart card reader, keyboard", out)
    tags(token, node)
    many = ping(node, 1024, 5)
    check(len(many) == 5, "PING of 1,024 bytes, five times")
    one = statistics.median(ping(node, 8, 40))
    print(f"    PING: one report {1000 * one:.1f} ms, 1,024 bytes "
          f"{1000 * statistics.median(many):.0f} ms (median)")
    check(not complaints(), "the kernel has no complaint",
          "\n".join(complaints()))


def tags(token, node):
    about = properties("/sys/class/hidraw/" + os.path.basename(node))
    check(about.get("ID_SECURITY_TOKEN") == "1" and
          {"uaccess", "security-device", "systemd"} <=
          set(about["CURRENT_TAGS"].split(":")),
          "udev tags the node for the seat", str(about))
    check(about.get("SYSTEMD_USER_WANTS") == "touchstone-token.target",
          "the installed rule names touchstone-token.target", str(about))
    device = properties(token.devices()[0])
    check(device.get("ID_SMARTCARD_READER") == "1",
          "udev sees a smart card reader", str(device))
    others = [path for path in os.listdir("/sys/class/hidraw")
              if "/dev/" + path != node]
    for name in others:
        about = properties("/sys/class/hidraw/" + name)
        check("ID_FIDO_TOKEN" not in about and
              "SYSTEMD_USER_WANTS" not in about,
              "the keyboard's node is left alone", str(about))
    check(oct(os.stat(node).st_mode)[-3:] == "600", "only root may open it")
    out = run("fido2-token", "-I", node, user="bob", expect=1)
    check("fido2-token:" in out, "another user is refused")


def pins(token):
    node = token.node()
    check(run("fido2-token", "-L").startswith(node + ": vendor=0x1209"),
          "fido2-token -L lists it")
    out = run("fido2-token", "-I", node)
    check("FIDO_2_1" in out and "noclientPin" in out,
          "fido2-token -I: CTAP 2.1, no PIN yet", out)
    typed(["fido2-token", "-S", node], ("Enter new PIN.*: ", PIN),
          ("same PIN.*: ", PIN))
    out = run("fido2-token", "-I", node)
    check(re.search(r"options:.*[ ,]clientPin", out), "fido2-token -S: a PIN",
          out)
    typed(["fido2-token", "-C", node], ("current PIN.*: ", "000000"),
          ("Enter new PIN.*: ", "111111"), ("same PIN.*: ", "111111"), expect=1)
    check("pin retries: 7" in run("fido2-token", "-I", node),
          "a wrong PIN costs a try")


def credentials(token):
    token.control("auto-touch on")
    for kind, options in (("es256", []), ("eddsa", []),
                          ("es256", ["-r", "-v"])):
        one_credential(token.node(), kind, options)
    out = typed(["fido2-token", "-L", "-r", token.node()], ("PIN.*: ", PIN))
    check("guest.example" in out, "fido2-token -L -r lists the resident one",
          out)


def lines(*parts):
    """Input of fido2-cred and fido2-assert: binary parts are in base64."""
    return "".join((part if isinstance(part, str) else
                    base64.b64encode(part).decode()) + "\n" for part in parts)


def tool(argv, text, pin):
    """Run fido2-cred or fido2-assert, with a terminal if it asks for a PIN."""
    with open("/tmp/in", "w", encoding="ascii") as f:
        f.write(text)
    argv = [*argv[:2], "-i", "/tmp/in", "-o", "/tmp/out", *argv[2:]]
    if pin:
        typed(argv, ("PIN.*: ", PIN))
    else:
        run(*argv)
    with open("/tmp/out", encoding="ascii") as f:
        return f.read()


def one_credential(node, kind, options):
    pin = "-v" in options
    hashed = hashlib.sha256(b"client data").digest()
    what = " ".join([kind, *options])
    made = tool(["fido2-cred", "-M", *options, node, kind],
                lines(hashed, "guest.example", "alice", b"user"), pin)
    checked = tool(["fido2-cred", "-V", *options[1:], kind], made, False)
    name, key = checked.split("\n", 1)
    check("PUBLIC KEY" in key, f"fido2-cred makes and checks {what}")
    with open("/tmp/key.pem", "w", encoding="ascii") as f:
        f.write(key)
    proof = tool(["fido2-assert", "-G", *options[1:], node],
                 lines(hashed, "guest.example", name), pin)
    run("fido2-assert", "-V", "-p", *options[1:], "/tmp/key.pem", kind,
        input=proof)
    fake = proof.splitlines()
    fake[0] = base64.b64encode(hashlib.sha256(b"another").digest()).decode()
    run("fido2-assert", "-V", "-p", *options[1:], "/tmp/key.pem", kind,
        input="\n".join(fake) + "\n", expect=1)
    check(True, f"fido2-assert signs with {what}; other data is refused")


def ssh_keys(token):
    for kind in ("ed25519-sk", "ecdsa-sk"):
        path = f"/tmp/{kind}"
        run("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", kind, "-f", path)
        signature(path, kind)
        path = f"/tmp/{kind}-rk"
        typed(["ssh-keygen", "-q", "-t", kind, "-O", "resident", "-O",
               f"application=ssh:{kind}", "-N", "", "-C", kind, "-f", path],
              ("PIN.*: ", PIN))
    os.makedirs("/tmp/down")
    os.chdir("/tmp/down")
    typed(["ssh-keygen", "-K", "-N", ""], ("PIN.*: ", PIN))
    for kind in ("ed25519-sk", "ecdsa-sk"):
        down = f"id_{kind.replace('-', '_')}_rk_{kind}"
        check(public(f"/tmp/{kind}-rk") == public(down),
              f"ssh-keygen -K gives back the resident {kind}")
        signature(down, "downloaded " + kind)


def public(path):
    with open(path + ".pub", encoding="ascii") as f:
        return f.read().split()[:2]


def signature(path, what):
    with open("/tmp/allowed", "w", encoding="ascii") as f:
        f.write("alice " + " ".join(public(path)) + "\n")
    judge = ["ssh-keygen", "-Y", "verify", "-f", "/tmp/allowed", "-I", "alice",
             "-n", "file", "-s", "/tmp/message.sig"]
    with open("/tmp/message", "w", encoding="ascii") as f:
        f.write("message")
    if os.path.exists("/tmp/message.sig"):
        os.unlink("/tmp/message.sig")
    run("ssh-keygen", "-Y", "sign", "-f", path, "-n", "file", "/tmp/message")
    run(*judge, input="message")
    run(*judge, input="messagf", expect=255)
    check(True, f"ssh-keygen signs with {what}; a changed message is refused")


def ssh_login(token):
    os.makedirs("/run/sshd")
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/tmp/host")
    os.makedirs("/home/alice/.ssh")
    run("cp", "/tmp/ed25519-sk.pub", "/home/alice/.ssh/authorized_keys")
    run("chown", "-R", "alice:", "/home/alice")
    with open("/tmp/sshd_config", "w", encoding="ascii") as f:
        f.write("Port 2222\nListenAddress 127.0.0.1\nHostKey /tmp/host\n"
                "PasswordAuthentication no\nUsePAM no\n")
    server = subprocess.Popen(["/usr/sbin/sshd", "-D", "-f",
                               "/tmp/sshd_config"])
    try:
        until(lambda: port_is_open(2222), "sshd listens")
        login(token)
    finally:
        server.terminate()


def login(token):
    ssh = ["ssh", "-F", "none", "-o", "StrictHostKeyChecking=no", "-o",
           "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes", "-o",
           "BatchMode=yes", "-o", "LogLevel=ERROR", "-p", "2222", "alice@127.0.0.1", "id -un"]
    out = run(*ssh[:-2], "-i", "/tmp/ed25519-sk", *ssh[-2:])
    check(out.splitlines()[-1] == "alice", "ssh logs in with the sk key")
    run(*ssh[:-2], "-i", "/tmp/ecdsa-sk", *ssh[-2:], expect=255)
    check(True, "sshd refuses an sk key that it does not know")
    token.control("auto-touch off")
    child = subprocess.Popen([*ssh[:-2], "-i", "/tmp/ed25519-sk", *ssh[-2:]],
                             stdout=subprocess.PIPE, text=True,
                             stdin=subprocess.DEVNULL)
    token.wait_for("touch-login")
    check(child.poll() is None, "the login waits for a touch")
    token.control("touch")
    check(child.communicate(timeout=180)[0] == "alice\n",
          "a touch completes it")
    token.control("auto-touch on")


def replug(token):
    child = subprocess.Popen(["ssh-keygen", "-Y", "sign", "-f",
                              "/tmp/ed25519-sk", "-n", "file",
                              "/tmp/message"], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, text=True,
                             stderr=subprocess.STDOUT)
    token.control("auto-touch off")
    os.unlink("/tmp/message.sig")
    token.wait_for("touch-login")
    token.unplug()
    out = child.communicate(timeout=180)[0]
    check(child.returncode != 0, "unplugged while ssh-keygen waits: it ends",
          out)
    check(not os.path.exists("/tmp/message.sig"), "and signs nothing")
    token.plug()
    token.control("auto-touch on")
    signature("/tmp/ed25519-sk", "the key after replug")


if __name__ == "__main__":
    main(enumeration, pins, credentials, ssh_keys, ssh_login, replug)
