# SPDX-License-Identifier: BSD-2-Clause
"""usage: run.py BUILD [--rounds N] [--contacts N] [--image ELF] [--peers DIR]
                    [--out FILE]

Measures speed and size of the programs in BUILD, prints a table and writes
BUILD/bench.json (or FILE).  Everything compared is measured in this one run.  A missed
target is shown, never a failure: docs/BENCH.md says how to read it.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(SOURCE, "tests", "e2e")]

import flow  # noqa: E402
import sizes  # noqa: E402
import touch  # noqa: E402
from world import World  # noqa: E402

STATEMENTS = 1000


class Table:
    """Rows as they are printed and as bench.json has them."""

    def __init__(self):
        self.rows = []
        self.figures = {}

    def head(self, text):
        print(f"\n{text}\n{'-' * len(text)}")

    def row(self, name, value, unit, target=None, more=""):
        met = None if target is None else value <= target
        digits = {"ratio": 2, "MB": 2, "bytes": 0, "count": 0}.get(unit, 3)
        line = f"  {name:<46}{value:>10.{digits}f} {unit:<6}"
        if more:
            line += f"{more:<28}"
        if met is not None:
            line += f"target {target:g}: {'met' if met else 'NOT MET'}"
        print(line.rstrip(), flush=True)
        self.rows.append({"name": name, "value": value, "unit": unit,
                          "target": target, "met": met})

    def rate(self, name, value, target=None):
        """The more the better."""
        met = None if target is None else value >= target
        line = f"  {name:<46}{value:>10,.0f} 1/s   "
        if met is not None:
            line += f"target {target:,}: {'met' if met else 'NOT MET'}"
        print(line.rstrip(), flush=True)
        self.rows.append({"name": name, "value": value, "unit": "1/s",
                          "target": target, "met": met})

    def spread(self, name, figure, target=None):
        """p50 in milliseconds, with p90 and the worst."""
        f = self.figures[figure]
        self.row(name, f["p50"] / 1e3, "ms", target,
                 f"p90 {f['p90'] / 1e3:.3f}, max {f['max'] / 1e3:.3f}")

    def p50(self, *names):
        """Sum of medians in milliseconds; "-name" is taken away."""
        return sum(-self.figures[n[1:]]["p50"] if n.startswith("-")
                   else self.figures[n]["p50"] for n in names) / 1e3

    def difference(self, name, *names, target=None):
        self.row(name, self.p50(*names), "ms", target)

    def seconds(self, name, samples):
        """Keep samples, in seconds, like a program's figure."""
        samples = sorted(s * 1e6 for s in samples)
        self.figures[name] = {
            "name": name, "unit": "us", "n": len(samples),
            "p50": statistics.median(samples),
            "p90": samples[len(samples) * 9 // 10], "max": samples[-1]}

    def program(self, build, name, *args):
        """Run one of the measuring programs and keep its figures."""
        self.keep(os.path.join(build, "tests/bench", name), *map(str, args))

    def keep(self, *argv):
        out = subprocess.run(argv, check=True, stdout=subprocess.PIPE,
                             text=True).stdout
        for line in out.splitlines():
            figure = json.loads(line)
            self.figures[figure["name"]] = figure


def chains(table, build, rounds, folder):
    table.head(f"Chain of {STATEMENTS} statements, processor time")
    table.program(build, "bench_chain", rounds, STATEMENTS)
    table.program(build, "bench_load", rounds, STATEMENTS, folder)
    for key, name in (("ed25519", "sk-ed25519, 10 keys"),
                      ("full", "sk-ed25519, 64 keys"),
                      ("p256", "sk-p256, 10 keys")):
        table.spread(f"one step, {name}", "chain." + key)
        table.spread("  the signature alone", "raw." + key)
        table.row("  step / signature", table.figures["ratio." + key]["p50"],
                  "ratio", 1.3)
    table.spread("open an empty store", "load.empty")
    for key, name in (("own.ed25519", "own chain, sk-ed25519"),
                      ("own.p256", "own chain, sk-p256"),
                      ("both.ed25519", "own and a contact's, sk-ed25519")):
        target = 100 if key.startswith("own") else None
        table.spread(f"open with {name}", f"load.{key}.cpu", target)
        table.row("  the same by the wall clock", table.p50("load." + key),
                  "ms")
        if key.startswith("own"):
            alone = STATEMENTS * table.p50("raw." + key[4:])
            table.row("  open / all its signatures alone",
                      table.p50(f"load.{key}.cpu") / alone, "ratio")


def layers(table, kind, words):
    table.head(f"A signature, layer by layer: {words}")
    table.spread("token alone, warm connection", "token." + kind)
    table.spread("through a fresh helper", "helper." + kind)
    table.spread("through the agent, files in memory",
                 "agent.memory." + kind)
    table.spread("through the agent, files on disk", "agent.disk." + kind)
    table.difference("helper adds", "helper." + kind, "-token." + kind)
    table.difference("agent adds, files in memory", "agent.memory." + kind,
                     "-helper." + kind)
    table.difference("disk adds", "agent.disk." + kind,
                     "-agent.memory." + kind)
    ours = ("check." + kind, "agent.memory." + kind, "-helper." + kind)
    table.difference("ours, were the helper kept running", *ours, target=1)
    table.row("  the same / a whole signature of ssh-agent",
              table.p50(*ours) / table.p50("ssh-agent"), "ratio")


def signing(table):
    layers(table, "touch", "a confirmation (touch)")
    layers(table, "pin", "an update, published (PIN and touch)")
    table.spread("ssh-agent, software Ed25519", "ssh-agent")
    table.spread("our agent, a call without a token", "agent.memory.status")

    table.head("What a fresh helper costs (touch)")
    table.spread("a process that does nothing (/bin/true)", "spawn.true")
    table.difference("loading and linking the helper", "spawn.version",
                     "-spawn.true")
    table.difference("libraries set up, sandbox entered", "spawn.self-test",
                     "-spawn.version")
    table.spread("connect, INIT, getInfo", "token.open")
    table.spread("assertion", "token.touch")
    table.difference("PIN exchange, where there is one", "token.pin",
                     "-token.touch")
    table.spread("checks of the reply", "check.touch")
    table.difference("the rest: frames, wakeups, reaping", "helper.touch",
                     "-spawn.self-test", "-token.open", "-token.touch",
                     "-check.touch")


def notices(table):
    table.head("What a person notices")
    table.spread("first KEEPALIVE to the client's notice", "notice", 100)
    table.spread("pulled while waiting to the client's error", "unplug", 200)


# By kind, the commands that there is no way round: SELECT; the PIN, for which
# FIDO2 needs a key of the card and a token; the signature.
CARDS = (("piv", "PIV, P-256, PIN and touch", 3),
         ("fido", "FIDO2, Ed25519, touch", 2),
         ("fido-pin", "FIDO2, Ed25519, PIN and touch", 4))


def cards(table, build, rounds):
    """In namespaces of its own, with a pcscd and nothing else."""
    table.head("A signature by a card, through pcscd")
    table.keep(sys.executable, os.path.join(HERE, "cards.py"), build,
               str(rounds))
    for kind, words, least in CARDS:
        table.row(f"{words}: commands",
                  table.figures["card.commands." + kind]["p50"], "count",
                  None, f"without a way round: {least}")
        if "card.raw." + kind not in table.figures:
            continue
        table.spread("  SCardTransmit of them, replayed", "card.raw." + kind)
        table.spread("  with context, connection and transaction",
                     "card.session." + kind)
        table.spread("  through a fresh helper", "card.helper." + kind)
        table.row("  helper / SCardTransmit",
                  table.figures["card.ratio." + kind]["p50"], "ratio")

    table.head("A card is inserted")
    table.spread("pcscd tells who waits for it", "card.told")
    table.spread("the agent has found its key on it", "card.ready")
    table.spread("  after pcscd told", "card.ready.ours")


def memory(table, contacts, sizes_of):
    table.head(f"Memory, {contacts} contacts")
    for name, size in sizes_of:
        target = 8 if name.startswith("touchstone-agent") else None
        table.row(name, size["VmRSS"] / 1e6, "MB", target,
                  f"own {size['RssAnon'] / 1e6:.2f},"
                  f" files {size['RssFile'] / 1e6:.2f}")


def program_sizes(table, build):
    table.head("Sizes")
    for name, size in sizes.built(build).items():
        table.row(name, size["text"], "bytes", None,
                  f"data {size['data']}, bss {size['bss']}")


def chip_sizes(table):
    """The targets are lint/chip's: here a missed one is only said."""
    table.head("The image for an RP2040 (Cortex-M0+, gcc -Os)")
    chip = sizes.on_chip(SOURCE)
    if chip is None:
        print("  no arm-none-eabi-gcc here")
        return
    for part, size in chip["parts"].items():
        table.row(f"{part}, all files", size["text"], "bytes", None,
                  f"data {size['data']}, bss {size['bss']}")
    table.row("wire and core as linked", chip["linked"], "bytes",
              sizes.chip.TEXT_MAX)
    table.row("image, with libraries and board", chip["image"], "bytes",
              192 * 1024)
    table.row("RAM: variables, stack", chip["variables"] + chip["stack"],
              "bytes", sizes.chip.RAM_MAX,
              f"{chip['variables']}, {chip['stack']}")


def chip_speed(table, image):
    """Cycles on the emulated board, the same in each run; docs/BENCH.md."""
    out = subprocess.run(["node", os.path.join(HERE, "chip.mjs")], check=True,
                         stdout=subprocess.PIPE,
                         env={**os.environ, "TOUCHSTONE_ELF": image}).stdout
    chip = json.loads(out)
    targets = {"SIGN Ed25519": 60, "getAssertion ES256": 170}
    table.head("The image on an emulated RP2040 at 125 MHz")
    for c in chip["commands"]:
        before, after = c["before"], c["after"]
        cycles = before["cycles"] + after["cycles"]
        table.row(c["name"], before["ms"] + after["ms"], "ms",
                  targets.get(c["name"]), f"{cycles / 1e6:.2f} M cycles")
    for f in chip["functions"]:
        table.row(f["name"], f["cycles"] / 125e3, "ms", None,
                  f"{f['cycles'] / 1e6:.3f} M cycles")
    table.row("stack that was used", chip["stack"], "bytes",
              chip["sizes"]["stackBound"])


def log(table, build, rounds):
    """Larger ones take minutes: log_plot.py draws what bench_log prints."""
    sizes_of = (10000, 1000000) if rounds > 1 else (10000,)
    table.program(build, "bench_log", rounds, *sizes_of)
    for size in sizes_of:
        table.head(f"The log with {size:,} entries, processor time")
        at = f"log.{size}."
        for key, name, target in (
                ("bytes.first", "proof of latest, the first time", 4096),
                ("bytes.known", "proof of latest, to who knows the log",
                 4096)):
            table.row(name, table.figures[at + key]["p50"], "bytes", target)
        table.spread("client: all checks of it", at + "check", 2)
        table.spread("  one of its two VRF proofs", at + "vrf.check")
        table.spread("directory: a VRF proof, once for a record", at + "vrf")
        table.spread("directory: two paths, written", at + "answer")
        table.spread("index: an entry, in batches of 500", at + "batch")
        table.spread("index: an entry, all at once", at + "add")
        table.row("index: memory of an entry",
                  table.figures[at + "memory"]["p50"], "bytes")


def service(table, build, people, peers):
    """A directory with its load beside it, on the same processors."""
    argv = [sys.executable, "-B", os.path.join(HERE, "service.py"), build,
            os.path.join(build, "tests/bench/bench_loader"),
            "--people", str(people), "--postgres"]
    out = subprocess.run(argv + ([peers] if peers else []), check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    seen = {}
    for line in out.splitlines():
        figure = json.loads(line)
        seen[figure["name"]] = figure["value"]
        if figure["value"] > 0:
            table.figures["service." + figure["name"]] = {
                "name": figure["name"], "unit": figure["unit"], "n": 1,
                "p50": figure["value"]}
    table.head(f"A directory, {people:,} new identities over HTTP")
    for store in ("sqlite", "postgres"):
        table.rate(f"{store}: statements accepted, on disk",
                   seen[store + ".submit"], 5000)
        table.rate(f"{store}: lookups answered", seen[store + ".lookup"],
                   10000)
        table.row(f"{store}: memory of the process",
                  seen[store + ".memory"] / 1e6, "MB")
    table.row("an answer, HTTP and proof of latest", seen["sqlite.answer"],
              "bytes")
    table.row("disk for an identity, all of it", seen["sqlite.disk"], "bytes")
    table.rate("auditor: entries read and indexed", seen["audit"], 200000)
    if peers:
        table.head("The nearest of others, in the same run")
        table.rate("Tessera, POSIX: entries appended, on disk",
                   seen["tessera.append"])
        table.row("  disk for an entry", seen["tessera.disk"], "bytes")
        table.rate("akd, in memory: entries published",
                   seen["akd.entries_per_second"])
        table.row("  a lookup proof", seen["akd.proof_bytes"], "bytes")
        table.row("  checking it", seen["akd.verify_us"] / 1e3, "ms")


YEARS = {"10,000 cycles (nRF52840, STM32L4)": 10000,
         "100,000 cycles (serial NOR)": 100000}


def flash(table, build, rounds):
    """Written bytes and erasures are counted, not timed."""
    table.head("What a token writes to its flash of 32 pages of 4 KB")
    table.program(build, "bench_flash", rounds)
    for key, name in (("statement", "a statement, with its PIN"),
                      ("confirm", "a confirmation"),
                      ("login", "a FIDO login"),
                      ("plug", "a power-up")):
        table.row(name, table.figures["flash." + key]["p50"], "bytes")
    table.row("erasures for 1,000 statements",
              table.figures["flash.thousand"]["p50"], "pages", None,
              "4 power-ups for 100")
    worst = table.figures["flash.day.worst"]["p50"]
    table.row("worst page / mean",
              worst / table.figures["flash.day.mean"]["p50"], "ratio")
    for name, cycles in YEARS.items():
        table.row("100 a day, " + name, cycles / worst / 365, "years", None,
                  f"{worst:.2f} erasures a page and day")


class Setting:
    """Two people called Alice, one on disk and one in memory."""

    def __init__(self, build, contacts):
        self.build = build
        self.contacts = contacts
        self.disk = World(build)
        self.ram = flow.MemoryWorld(build)

    def __enter__(self):
        self.disk.__enter__()
        self.ram.__enter__()
        return self

    def __exit__(self, *exc):
        self.disk.__exit__(*exc)
        self.ram.__exit__(*exc)

    def people(self):
        """Tokens are all in memory: disk is what the agents differ in.

        They are plain FIDO2 tokens, as the one that ssh-agent uses.
        """
        self.known = flow.neighbours(self.ram, self.contacts)
        shutil.copytree(self.ram.directory.removeprefix("file://"),
                        self.disk.directory.removeprefix("file://"),
                        dirs_exist_ok=True)
        self.sim = self.ram.sim("daily", fido_only=True)
        self.on_disk = flow.settle(
            self.disk, "alice", self.ram.sim("disk-daily", fido_only=True))
        self.in_memory = flow.settle(self.ram, "alice", self.sim)
        for alice in (self.on_disk, self.in_memory):
            flow.day(alice, self.known)


def agent_path(person):
    return os.path.join(person.home, "agent")


def measure(table, setting, rounds):
    """Everything that needs people; prints nothing before it is done."""
    resident = []

    def look(name, pid):
        resident.append((name, flow.memory_of(pid)))

    setting.people()
    alice = setting.in_memory
    look("touchstone-agent, after a day", alice.agent_pid())
    with flow.SshAgent(setting.ram.root) as ssh:
        look("ssh-agent, one key", ssh.process.pid)
        table.program(
            setting.build, "bench_sign", rounds,
            setting.ram.sim("bare", fido_only=True).dir,
            setting.ram.program("touchstone-token"), ssh.path,
            agent_path(setting.on_disk), agent_path(alice),
            setting.known[0][1])
        look(f"touchstone-agent, {2 * rounds} signatures later",
             alice.agent_pid())
        look(f"ssh-agent, {rounds} signatures later", ssh.process.pid)
    setting.sim.control("auto-touch off")
    loop = touch.Loop(agent_path(alice))
    code = setting.known[0][1]
    table.seconds("unplug", touch.unplugs(loop, setting.sim, code,
                                          min(rounds, 20)))
    table.seconds("notice", touch.notices(
        loop, os.path.join(setting.ram.root, "relay"), setting.sim, code,
        min(rounds, 50)))
    loop.close()
    alice.stop_agent()
    alice.run("status")
    look("touchstone-agent, just started", alice.agent_pid())
    return resident


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--contacts", type=int, default=10)
    parser.add_argument("--image", default=None)
    parser.add_argument("--peers", default=None)
    parser.add_argument("--out", default=None)
    args = parser.parse_args()
    build = os.path.abspath(args.build)
    table = Table()
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f},"
          f" {args.rounds} rounds; everything in one run", flush=True)
    with Setting(build, args.contacts) as setting:
        resident = measure(table, setting, args.rounds)
        signing(table)
        notices(table)
        chains(table, build, max(args.rounds // 10, 1), setting.ram.root)
    cards(table, build, max(args.rounds // 4, 1))
    memory(table, args.contacts, resident)
    program_sizes(table, build)
    chip_sizes(table)
    if args.image:
        chip_speed(table, args.image)
    flash(table, build, args.rounds)
    log(table, build, args.rounds)
    service(table, build, 20000 if args.rounds > 1 else 200, args.peers)
    path = args.out or os.path.join(build, "bench.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"processors": os.cpu_count(), "rounds": args.rounds,
                   "load": os.getloadavg(), "rows": table.rows,
                   "figures": table.figures}, f, indent=1)
    print(f"\n{path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
