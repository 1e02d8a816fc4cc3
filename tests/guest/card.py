# SPDX-License-Identifier: BSD-2-Clause
"""In the guest's short mode: the chip as a smart card, by pcscd and libccid.

Debian's programs, unmodified, and ours; the token is on USB with its FIDO
interface at the same time.
"""

import os
import re
import subprocess

from check import Mismatch, check, main, run, until
from systemd import Person

PIV_PIN = "123456"  # as a card is made
DIRECTORY = "/tmp/directory"
MODULE = "opensc-pkcs11.so"
# Of maker and product, as the list has others; USB tells the same words, and so
# the agent sees that a card and a hidraw node are one token.
NAME = "Touchstone Touchstone token"

person = Person(None)  # root, without one of the login manager's folders


def pcscd(token):
    """libccid gives no driver to a reader that is not on its list."""
    path = "/etc/libccid_Info.plist"
    with open(path, encoding="utf-8") as f:
        text = f.read()
    for array, entry in (("ifdVendorID", "0x1209"),
                         ("ifdProductID", "0x0001"),
                         ("ifdFriendlyName", NAME)):
        text = re.sub(f"(<key>{array}</key>\\s*<array>)",
                      f"\\1<string>{entry}</string>", text)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.mkdir("/tmp/readers")  # none but those on USB
    with open("/tmp/pcscd.log", "w", encoding="ascii") as log:
        subprocess.Popen(["pcscd", "--foreground", "--info", "--config",
                          "/tmp/readers"], stdout=log, stderr=log)
    try:
        seen = until(lambda: re.search(r"^0 +Yes +Touchstone.*$", run(
            "opensc-tool", "--list-readers", expect=None), re.M), "a card")
    except Mismatch:
        print(run("opensc-tool", "--list-readers", expect=None))
        print(run("tail", "-n", "40", "/tmp/pcscd.log"))
        raise
    check(seen, "pcscd has a card in a reader of libccid: " + seen[0])
    token.control("auto-touch on")


def opensc(token):
    out = run("opensc-tool", "--reader", "0", "--atr")
    check(out.startswith("3b:"), "opensc-tool reads an ATR: " + out.strip())
    out = run("opensc-tool", "--reader", "0", "--name")
    check("PIV" in out or "Personal Identity" in out,
          "opensc-tool takes it for a PIV card", out)


def listed():
    """The agent's devices by their names."""
    return {d["token"]: d for d in person.json("token", "list")["devices"]}


def the_card():
    """What the agent says of the card once it has looked at it."""
    cards = [d for name, d in listed().items() if name.startswith("card:")]
    return cards[0] if cards and cards[0]["piv"] else None


def expected(condition, claim):
    """until(), and what the agent lists if it does not come."""
    try:
        return until(condition, claim)
    except Mismatch:
        print(person("token", "list", expect=None))
        print(listed())
        raise


def identity(token):
    """An identity key in PIV."""
    os.makedirs(DIRECTORY)
    person("init", "alice@example.org", "--directory", "file://" + DIRECTORY)
    card = expected(the_card, "the agent sees PIV on the card")
    check(card, "the agent sees PIV on " + card["token"])
    out = person("token", "provision", card["token"], "--applet", "piv",
                 "--algorithm", "p256",  # OpenSC 0.23 knows no other
                 "--no-backup", pin_fd=PIV_PIN)
    key = expected(lambda: the_card()["key"], "the key")
    check(key["applet"] == "piv", "touchstone makes its key in PIV", out)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/tmp/laptop")
    person("key", "add", "--app", "ssh", "--device", "laptop", "--file",
           "/tmp/laptop.pub")
    person("sign", pin_fd=PIV_PIN)
    check(True, "and has it sign and publish an update")


def twin(token):
    """It is one token, whichever way it is looked at."""
    other = expected(lambda: the_card()["also"], "the same token over HID")
    check(other in listed() or other.startswith("hidraw"),
          f"the agent knows the card and {other} for one token")


def pkcs11(token):
    """The same key by OpenSC, with the certificate that came with it."""
    tool = ["pkcs11-tool", "--module", module(), "--slot-index", "0"]
    run(*tool, "--read-object", "--type", "cert", "--id", "02",
        "--output-file", "/tmp/cert.der")
    public = run("openssl", "x509", "-inform", "der", "-in", "/tmp/cert.der",
                 "-noout", "-pubkey")
    for name, text in (("/tmp/public.pem", public), ("/tmp/message", "text")):
        with open(name, "w", encoding="ascii") as f:
            f.write(text)
    run(*tool, "--login", "--pin", PIV_PIN, "--sign", "--id", "02",
        "--mechanism", "ECDSA-SHA256", "--signature-format", "openssl",
        "--input-file", "/tmp/message", "--output-file", "/tmp/signature")
    out = run("openssl", "dgst", "-sha256", "-verify", "/tmp/public.pem",
              "-signature", "/tmp/signature", "/tmp/message")
    check("Verified OK" in out, "pkcs11-tool signs with it over libccid", out)


def module():
    for folder in ("/usr/lib/" + os.uname().machine + "-linux-gnu", "/usr/lib"):
        path = os.path.join(folder, MODULE)
        if os.path.exists(path):
            return path
    raise Mismatch(f"no {MODULE}")


if __name__ == "__main__":
    main(pcscd, opensc, identity, pkcs11, twin)
