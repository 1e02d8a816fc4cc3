# SPDX-License-Identifier: BSD-2-Clause
"""The story that `./dev demo` tells, with real programs and simulated tokens.

Every command below runs for real; every claim is checked, and the first one
that does not hold ends the story with exit code 1.

demo.py BUILD [TOKEN...]: tokens that are named, as "alice-daily", are emulated
boards with the image that users flash.
"""

import os
import pty
import subprocess
import sys
import threading

sys.dont_write_bytecode = True

from attacks import Malware, Record, mark_verified  # noqa: E402
from demo_log import Chapters, LogWorld, Shown  # noqa: E402
from live import Caller, exchange, relay  # noqa: E402
from world import PIN, Mismatch  # noqa: E402

COLOR = sys.stdout.isatty() and not os.environ.get("NO_COLOR")


chapters = []


def paint(code, text):
    return f"\033[{code}m{text}\033[0m" if COLOR else text


def chapter(text):
    chapters.append(text)
    text = f"{len(chapters)}. {text}"
    print("\n" + paint("1", text))
    print(paint("1", "-" * len(text)))


def tell(text):
    print(paint("36", "  " + text))


def check(condition, claim):
    if not condition:
        raise Mismatch(claim)
    print(paint("32", "  ok  ") + claim)


class Storyteller:
    """Runs a person's commands and shows them as a terminal would."""

    def __init__(self, person):
        self.person = person
        self.home = person.home

    def __call__(self, command, *extra, expect=0, pin=False, quiet=False, **kw):
        args = command.split() + list(extra)
        shown = " ".join(args).replace(self.person.world.root, "~")
        print(f"{paint('33', self.person.name)}$ touchstone {shown}")
        pins = {"pin-fd": PIN} if pin else {}
        done = self.person.run(*args, expect=expect, merge=True,
                               pins={**pins, **kw.pop("pins", {})}, **kw)
        if not quiet:
            for line in done.stdout.splitlines():
                print("  | " + line.replace(self.person.world.root, "~"))
        return done

    def touching(self, sim, command, **kw):
        """The same, touched by hand: at each touch, what the token shows."""
        sim.control("auto-touch off")
        shown, over = [], threading.Event()

        def look_and_touch():
            while not over.wait(0.02):
                if sim.control("led").startswith("touch-"):
                    shown.append(sim.display())
                    sim.control("touch")

        thread = threading.Thread(target=look_and_touch)
        thread.start()
        try:
            done = self(command, **kw)
        finally:
            over.set()
            thread.join()
            sim.control("auto-touch on")
        for text in shown:
            print(paint("35", "  the token's own display: ") + text)
        return done, shown

    def on_terminal(self, command):
        """The same in a terminal of its own: with pictures."""
        print(f"{paint('33', self.person.name)}$ touchstone {command}")
        argv, _ = self.person.arguments(command.split(), {})
        ours, theirs = pty.openpty()
        done = subprocess.Popen(argv, env=self.person.environment(),
                                stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:  # EIO: the other end is closed
            pass
        os.close(ours)
        if done.wait(30) != 0:
            raise Mismatch(command + ": " + shown.decode())
        for line in shown.decode().splitlines():
            print("  | " + line)

    def status(self):
        return self.person.json("status")

    def alert(self, code):
        """The open alert with this code; there has to be one."""
        for alert in self.person.json("alerts")["alerts"]:
            if alert["code"] == code:
                print(f"  | {alert['what']}. {alert['means']} {alert['todo']}")
                return alert
        raise Mismatch(f"{self.person.name} has no alert {code}")


class Silence:
    """What is told inside is not shown."""

    def __enter__(self):
        sys.stdout = open(os.devnull, "w")

    def __exit__(self, *exc):
        sys.stdout.close()
        sys.stdout = sys.__stdout__


def real_keys(world, name):
    """Keys from the tools people use: an SSH key pair and an age identity."""
    folder = os.path.join(world.root, name + "-keys")
    os.mkdir(folder)
    ssh = os.path.join(folder, "id_ed25519")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name,
                    "-f", ssh], check=True)
    age = os.path.join(folder, "age.txt")
    subprocess.run(["age-keygen", "-o", age], check=True,
                   stderr=subprocess.DEVNULL)
    with open(age + ".pub", "w") as f:
        subprocess.run(["age-keygen", "-y", age], check=True, stdout=f)
    return ssh + ".pub", age + ".pub"


def set_pin(story, sim):
    story(f"token pin {sim.token}", pins={"new-pin-fd": PIN})


def settle(world, name, label, directory, *names, fido_only=False):
    """init, PIN and provision: a person with an identity."""
    story = Storyteller(world.person(name, label=label, directory=directory))
    sims = [world.sim(f"{name}-{n}", fido_only=fido_only) for n in names]
    policy = f" --policy {world.policy}" if directory[:4] == "http" else ""
    story(f"init {label} --directory {directory}{policy}")
    for sim in sims:
        set_pin(story, sim)
    backup = f" --backup {sims[1].token}" if len(sims) > 1 else " --no-backup"
    story(f"token provision {sims[0].token}{backup}",
          pins={"pin-fd": PIN, **({"backup-pin-fd": PIN} if sims[1:] else {})})
    return story, sims


def provision(world):
    chapter("Alice and Bob each provision a token; Alice has a backup")
    alice, tokens = settle(world, "alice", "alice@example.org",
                           world.directory, "daily", "backup")
    tell("Bob's token is a FIDO2 security key as you can buy it.")
    bob, _ = settle(world, "bob", "bob@example.org", world.directory, "daily",
                    fido_only=True)
    check(alice.status()["id"] != bob.status()["id"],
          "two identities, one per person")
    check(evidence(alice) == {"token-statement"},
          "what Alice signs is parsed on her token")
    check(evidence(bob) == {"fido-uv"}, "Bob's asks for PIN and touch")
    attest(world, alice, tokens[0])
    tell("The backup goes into a drawer.")
    tokens[1].control("unplug")
    return alice, bob, tokens


def evidence(story):
    return {token["evidence"] for token in story.status()["tokens"]}


def attest(world, alice, sim):
    tell("Alice's token says which firmware it runs; ssh-keygen judges that.")
    folder = os.path.join(world.root, "attested")
    alice(f"token attest {sim.token} --out {folder}")
    with open(os.path.join(folder, "attest.stmt"), "rb") as f:
        done = subprocess.run(
            ["ssh-keygen", "-Y", "verify", "-f", "allowed_signers", "-I",
             "touchstone-device", "-n", "attest.v1@touchstone", "-s",
             "attest.sig"], stdin=f, cwd=folder, capture_output=True,
            text=True)
    check(done.returncode == 0, done.stdout.strip())


def add_keys(world, alice, bob, tokens):
    chapter("Keys of their devices, and verification")
    for story in (alice, bob):
        ssh, age = real_keys(world, story.person.name)
        story(f"key add --app ssh --device laptop --file {ssh}")
        story(f"key add --app age --device laptop --file {age}")
    _, age = real_keys(world, "oldphone")
    bob(f"key add --app age --device oldphone --protocol 0 --file {age}")
    _, shown = alice.touching(tokens[0], f"sign --token {tokens[0].token}",
                              pin=True)
    check(any("+ ssh laptop" in text for text in shown),
          "the token itself said what the touch would sign")
    bob("sign", pin=True)
    tell("Bob's old phone cannot check signatures: verification has to wait.")
    refused = bob("verification on", expect=3)
    check("oldphone" in refused.stdout,
          "verification is refused, and the device in the way is named")
    bob("key revoke age/oldphone --yes")
    bob("sign", pin=True, quiet=True)
    for story in (alice, bob):
        story("verification on")
        story("sign", pin=True, quiet=True)
        check(story.status()["verification"],
              f"verification is on for {story.person.name}")


def verify(alice, bob, tokens):
    chapter("They verify each other: by live code, and by public code")
    alice("contact add bob@example.org")
    bob("contact add alice@example.org")
    refused = alice("keys bob --app ssh", expect=3)
    check("ssh-" not in refused.stdout, "no keys of an unverified contact")
    codes = relay(alice.person, bob.person, show=print,
                  sims=(tokens[0], None), paste=False)
    check(codes[0] == codes[1], f"both read {codes[0]} to each other")
    public = bob.status()["code"]
    tell("Bob puts his public code on his web page, as text and as a picture.")
    bob.on_terminal("code")
    alice(f"verify bob --code {public}", pin=True)
    check(alice("keys bob --app ssh").stdout.startswith("ssh-ed25519 "),
          "Alice has Bob's SSH key, ready for authorized_keys")
    check(alice("keys bob --app age").stdout.startswith("age1"),
          "and his age recipient")


def news(world, alice, bob):
    chapter("Bob adds a device: news.  He turns verification off: a warning")
    ssh, _ = real_keys(world, "desktop")
    bob(f"key add --app ssh --device desktop --file {ssh}")
    bob("sign", pin=True)
    alice("refresh bob")
    check(alice.alert("KEY_ADDED")["level"] == "news", "news for Alice")
    lines = alice("keys bob --app ssh").stdout.splitlines()
    check(len(lines) == 2, "she has the new key without doing anything")
    bob("verification off --yes")
    bob("sign", pin=True, quiet=True)
    alice("refresh bob")
    check(alice.alert("VERIFICATION_OFF")["level"] == "warning",
          "a warning for Alice")


def caught(alice, code, record=None, contact="bob"):
    """An attack has its own alert, level stop, and no keys come out."""
    alert = alice.alert(code)
    check(alert["level"] == "stop", f"alert {code}, level stop")
    alice(f"keys {contact} --app ssh", expect=3)
    if record:
        record.restore()
    alice(f"alerts --close {alert['id']} --yes", quiet=True)


def lying_computer(world, alice, sim, record):
    chapter("Malware on Alice's computer, with her PIN, and no touch to pay")
    status = alice.status()
    malware = Malware(world, alice.person, sim)
    key = {0: 1, 1: {0: 2, 1: "phone", 2: 2, 3: b"\x09" * 32, 4: 1}}
    update = {0: 1, 1: 2, 2: 4102444800, 3: bytes.fromhex(status["id"]),
              4: status["seq"], 5: record.last_statement_hash(1), 6: [key]}
    tell("It asks for a second statement in the place of one that is signed.")
    got = malware.ask(update)
    check(got == "TS_TOKEN_FORK", f"the token refuses: {got}")
    update[4] += 2
    update[5] = record.last_statement_hash()
    tell("For one that leaves a number out, to hide one in between.")
    got = malware.ask(update)
    check(got == "TS_TOKEN_SKIP", f"the token refuses: {got}")
    tell("For one that follows the past and not the present.")
    update[4] -= 1
    update[5] = record.last_statement_hash(1)
    got = malware.ask(update)
    check(got == "TS_TOKEN_PREV", f"the token refuses: {got}")


def edited_database(alice):
    chapter("Alice's database is edited to mark Mallory as verified")
    tell("The directory shows Mallory's identity under Carol's label.")
    alice("contact add carol@example.org")
    alice("keys carol --app ssh", expect=3)
    alice.person.stop_agent()
    mark_verified(alice.home, "carol@example.org", like="bob@example.org")
    tell("$ sqlite3 touchstone.db 'INSERT INTO confirm ...'")
    caught(alice, "CONFIRMATION_FORGED", contact="carol")
    check(alice.person.json("contact", "show", "carol")["contact"]["state"]
          == "unverified", "Mallory is not verified")


def man_in_the_middle(alice, carol, as_carol, as_alice, token):
    chapter("Mallory sits in the middle of a live code")
    for story in (carol, as_alice, as_carol):
        other = "alice" if story is not as_alice else "carol"
        story(f"contact add {other}@example.org", quiet=True)
    a = Caller(alice.person, "carol", print, token)
    towards_alice = Caller(as_carol.person, "alice")
    c = Caller(carol.person, "alice", print)
    towards_carol = Caller(as_alice.person, "carol")
    code_a, seen_a = exchange(a, towards_alice)
    seen_c, code_c = exchange(towards_carol, c)
    check(seen_a == code_a and seen_c == code_c,
          "Mallory ran one exchange with each of them")
    check(code_a != code_c, f"Alice has {code_a}, Carol has {code_c}: different")
    a.finish("no", expect=3)
    towards_alice.process.kill()
    towards_carol.process.kill()
    for caller in (towards_alice, towards_carol):
        caller.process.communicate()
    c.finish("no", expect=3)
    caught(alice, "CODE_MISMATCH", contact="carol")
    caught(carol, "CODE_MISMATCH", contact="alice")


def lost_token(alice, bob, tokens):
    chapter("Alice loses her token, and retires it with the backup")
    tokens[0].control("unplug")
    tokens[1].control("plug")
    alice("token retire daily --yes")
    alice(f"sign --token {tokens[1].token}", pin=True)
    bob("refresh alice")
    check(bob.alert("TOKEN_RETIRED")["level"] == "news", "news for Bob")
    check(bob.person.json("contact", "show", "alice")["contact"]["state"]
          == "verified", "Alice stays verified")


def judged_by_openssh(world, alice):
    chapter("What Alice signed, judged by stock ssh-keygen")
    folder = os.path.join(world.root, "export")
    alice(f"export {folder}", quiet=True)
    count = 0
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".sig"):
            continue
        statement = name.split(".")[0] + ".stmt"
        purpose = "confirm" if "confirm" in name else "statement"
        with open(os.path.join(folder, statement), "rb") as f:
            done = subprocess.run(
                ["ssh-keygen", "-Y", "verify", "-f", "allowed_signers",
                 "-I", "alice@example.org", "-n", purpose + ".v1@touchstone",
                 "-s", name], stdin=f, cwd=folder, capture_output=True,
                text=True)
        if done.returncode != 0:
            raise Mismatch(name + ": " + done.stdout + done.stderr)
        count += 1
    check(count >= 5, f"{count} signatures: all good")


def judged_by_git(world, alice, bob):
    chapter("Bob signs a commit; git checks it with what Alice verified")
    repo = os.path.join(world.root, "repo")
    signers = os.path.join(world.root, "allowed_signers")
    with open(signers, "w") as f:
        f.write(alice("allowed-signers", quiet=True).stdout)
    key = os.path.join(world.root, "bob-keys", "id_ed25519.pub")
    git = ["git", "-C", repo, "-c", "user.name=Bob",
           "-c", "user.email=" + bob.person.label, "-c", "gpg.format=ssh",
           "-c", "user.signingKey=" + key,
           "-c", "gpg.ssh.allowedSignersFile=" + signers]
    subprocess.run(["git", "init", "-q", repo], check=True)
    subprocess.run(git + ["commit", "-qS", "--allow-empty", "-m", "hello"],
                   check=True)
    done = subprocess.run(git + ["log", "--format=%G? %GS", "-1"], text=True,
                          check=True, stdout=subprocess.PIPE)
    check(done.stdout.strip() == "G " + bob.person.label,
          "git: good signature by " + bob.person.label)


def strangers(world, apart):
    """Carol, in a folder that she shares with others, and Mallory."""
    people = {}
    for name, label, directory in (
            ("carol", "carol", apart),
            ("mallory-as-carol", "carol", world.directory),
            ("mallory-as-alice", "alice", apart)):
        with Silence():
            people[name], _ = settle(
                world, name, label + "@example.org", directory, "daily",
                fido_only=True)
    return people


def change(world, thief):
    """With what a thief has: one more key."""
    ssh, _ = real_keys(world, thief.name)
    thief.run("key", "add", "--app", "ssh", "--device", "stolen", "--file",
              ssh)
    thief.run("sign", pins={"pin-fd": PIN})


def lying_directory(world, log, alice, bob, evil):
    """Every lie of a directory with a log, and who notices."""
    with Silence():
        settle(world, "mallory-as-bob", bob.person.label, evil, "daily",
               fido_only=True)
    with open(Record(evil, bob.person.label).files()[0], "rb") as f:
        genesis = f.read()
    log.lies(alice)
    log.silence(alice)
    log.records(alice, bob, lambda thief: change(world, thief), genesis)
    log.audited(bob)


def story(world):
    evil = "file://" + os.path.join(world.root, "mallorys-directory")
    apart = "file://" + os.path.join(world.root, "carols-directory")
    for url in (evil, apart):
        os.mkdir(url.removeprefix("file://"))
    log = Chapters(world, sys.modules[__name__])
    log.begin()
    world.directory = log.directory.url
    alice, bob, tokens = provision(world)
    add_keys(world, alice, bob, tokens)
    verify(alice, bob, tokens)
    log.offline(alice, bob)
    news(world, alice, bob)
    lying_directory(world, log, alice, bob, evil)

    people = strangers(world, apart)
    lying_computer(world, alice, tokens[0], Shown(log, alice.person.label))
    edited_database(alice)
    man_in_the_middle(alice, people["carol"], people["mallory-as-carol"],
                      people["mallory-as-alice"], tokens[0])
    lost_token(alice, bob, tokens)
    judged_by_openssh(world, alice)
    judged_by_git(world, alice, bob)


def main():
    try:
        with LogWorld(sys.argv[1], boards=sys.argv[2:]) as world:
            story(world)
    except Mismatch as error:
        print(f"\nThe story broke off: {error}", file=sys.stderr)
        return 1
    print("\nEvery claim held.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
