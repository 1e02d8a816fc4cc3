# SPDX-License-Identifier: BSD-2-Clause
"""The firmware fits its smallest chip: no recursion, no heap, no stack whose
size depends on input, no call through an unreviewed pointer; worst-case
stack, code and RAM within bounds.

Read from the image's own build, libraries and board included.  The figures go
to BUILD/chip.txt.
"""

import os
import re
import tempfile

import m0plus
from callgraph import POINTER, Graph, short
from tree import Finding

STACK_MAX = 8 * 1024	# from reset, with one interrupt on top; link.ld has 16
# Wire and core as linked, without crypto and board; PIV and U2F are 15 KB of it.
TEXT_MAX = 72 * 1024
RAM_MAX = 32 * 1024	# all variables and the worst-case stack
HAL_MAX = 640		# what hal.h promises of each of its functions
HEAP = {"malloc", "calloc", "realloc", "free", "alloca", "aligned_alloc",
        "strdup", "sbrk"}

# What is not compiled here, as bytes of stack: libgcc's arithmetic and our
# assembly have no frame to speak of; the boot ROM's source has small ones.
LEAF = 64
BOUNDS = {"boot ROM": 256, "rp2_wipe_and_blink": 0, "rp2_boot2": 0}
# An interrupt's handler is entered with 8 registers stacked, aligned to 8
# (ARMv6-M B1.5.6).  All have one priority: there is one at a time.
EXCEPTION = 36
IRQ = re.compile(r"rp2_\w*irq$")

HASH = ["salted_init", "br_sha256_init", "br_sha224_update", "br_sha256_out",
        "br_sha224_state", "br_sha224_set_state"]
P256 = "ec_p256_m15.c:"
X25519 = "x25519_ref10.c:crypto_scalarmult_curve25519_ref10"
CARD = "card_fido.c:"
# Reviewed calls through pointers: who, and what can be called.
POINTERS = {
    "salted_init": ["br_sha256_init", "br_sha224_set_state"],
    "process_key": HASH,
    "br_hmac_key_init": HASH,
    "br_hmac_init": HASH,
    "br_hmac_update": HASH,
    "br_hmac_out": HASH,
    "fw_p256_public": [P256 + "api_mulgen"],
    "fw_p256_ecdh": [P256 + "api_mul"],
    "tsw_p256_verify": [P256 + "api_mul"],
    "br_ecdsa_i31_sign_raw": [P256 + "api_mulgen"],
    "br_ecdsa_i31_vrfy_raw": [P256 + "api_muladd"],
    "crypto_scalarmult_curve25519": [X25519],
    "crypto_scalarmult_curve25519_base": [X25519 + "_base"],
    "rom_function": ["boot ROM"],
    "erase_in_ram": ["boot ROM", "rp2_boot2"],
    "program_in_ram": ["boot ROM", "rp2_boot2"],
    "each": ["usb.c:enable", "usb.c:disable"],
    "fw_card_run": [CARD + f for f in ("begin", "select", "deselect", "run")]
                   + ["piv_begin", "piv_select", "piv_deselect", "piv_run"],
    "fw_card_finish": [CARD + "finish", "piv_finish"],
    "fw_card_abort": [CARD + "finish", "piv_finish"],
    "fw_card_reset": [CARD + "deselect", "piv_deselect"],
}

TOKEN_C = "void fw_token_init(void) {}\nvoid fw_token_step(void) { %s }\n"


def example(code, call="f(8);"):
    """code stands on line 1 of a file; the token calls into it."""
    return {"firmware/core/token.c": "int f(int);\n" + TOKEN_C % call,
            "firmware/core/a.c": code}


EXAMPLES = [
    (example("int f(int n) { return n + 1; }\n"), set()),
    (example("int f(int n) { return n > 1 ? n * f(n / 3) % 7 : 1; }\n"),
     {"firmware/core/a.c:1"}),
    (example("int g(int); int f(int n) { return n > 1 ? g(n) % 5 : 1; }\n"
             "__attribute__((noinline))\n"
             "int g(int n) { return n * f(n / 3) % 7; }\n"),
     {"firmware/core/a.c:1"}),
    (example("void w(char *); __attribute__((noinline))\n"
             "void w(char *p) { *(volatile char *)p = 1; }\n"
             "int f(int n) { char a[n]; w(a); return a[n / 2]; }\n"),
     {"firmware/core/a.c:3"}),
    (example("int f(int n) { return (*(int (**)(int))0x20000000)(n) + 1; }\n"),
     {"firmware/core/a.c:1"}),
    (example("void *malloc(int);\n"
             "int f(int n) { return *(int *)malloc(n) + 1; }\n"),
     {"firmware/core/a.c:2"}),
    (example("int unheard_of(int);\n"
             "int f(int n) { return unheard_of(n) + 1; }\n"),
     {"firmware/core/a.c:2"}),
    (example("int f(int n) { volatile char a[12000]; a[n] = 1; return a[1]; }\n"
             ), {"firmware/core/token.c:3"}),
    (example("int hal_f(void) { volatile char a[700]; return a[1]; }\n"
             "int f(int n) { return n + hal_f(); }\n"),
     {"firmware/core/a.c:1"}),
    (example("const char big[75000] = {1};\n"
             "int f(int n) { return big[n]; }\n"),
     {"firmware/core/token.c:1"}),
    (example("char big[33000];\n"
             "int f(int n) { big[n] = 1; return big[1]; }\n"),
     {"firmware/core/token.h:1"}),
    (example("int f(int n) { return n + ; }\n"), {"firmware/core/token.c:1"}),
    ({"host/a.c": "int a;\n"}, {"firmware/core/token.c:1"}),
]


class Chip:
    """The compiled firmware, and what is to be said of it."""

    def __init__(self, tree, folder):
        self.tree = tree
        self.folder = folder
        self.is_image = tree.has(m0plus.TOOLCHAIN)
        compile_it = (m0plus.build_image if self.is_image
                      else m0plus.build_example)
        self.units, errors = compile_it(tree.root, folder)
        self.graph = Graph()
        self.bounds = dict(BOUNDS)
        self.part = {}	# of a function
        self.findings = []
        if errors:
            self.say("firmware/core/token.c", "does not compile: " + errors)

    def say(self, path, text, line=1):
        self.findings.append(Finding(path, line, text))

    def find(self, name, text):
        path, line = self.graph.place[name]
        path = os.path.relpath(path, self.tree.root)
        self.say(path, f"{short(name)}() {text}", line)

    def read(self):
        """Call graphs, and the compiler's own helpers, which they lack."""
        for unit in self.units:
            with open(unit.graph, encoding="utf-8") as f:
                here = self.graph.read(f.read())
            helpers = {name for name in m0plus.undefined(unit.object)
                       if name.startswith(("__aeabi_", "__gnu_"))}
            for name in here:
                self.graph.calls[name] |= helpers
                self.part[name] = unit.part
        for name, callees in self.graph.calls.items():
            if POINTER in callees and short(name) in POINTERS:
                callees.discard(POINTER)
                callees |= {self.named(n) for n in POINTERS[short(name)]}

    def named(self, name):
        """A static function of POINTERS as gcc names it."""
        full = [n for n in self.graph.frame
                if n == name or n.endswith(("/" + name, ":" + name))]
        if len(full) > 1:
            self.find(full[1], "has a name that chip.py takes for another's")
        return full[0] if full else name

    def entries(self):
        return [name for name in (m0plus.RESET, *m0plus.ENTRIES)
                if name in self.graph.frame]

    def interrupts(self):
        return [n for n in self.graph.frame
                if self.part[n] == "board" and IRQ.match(n)]

    def reachable(self):
        seen, todo = set(), self.entries() + self.interrupts()
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += self.graph.calls.get(name, ())
        return seen

    def resolve(self):
        """Every call gets a bound or a finding; of libraries and C library
        what is in the image, of our own all."""
        reachable = self.reachable()
        for name in self.graph.frame:
            if (self.part[name] in ("sodium", "bearssl") and
                    name not in reachable):
                self.graph.calls[name] = set()
                continue
            if "dynamic" in self.graph.kind[name]:
                self.find(name, "takes stack that depends on its input")
            for callee in self.graph.calls[name] - self.graph.frame.keys():
                self.bound(name, callee)

    def bound(self, name, callee):
        if callee == POINTER:
            self.find(name, "calls through a pointer; chip.py has no list of "
                      "what it can be")
        elif callee in HEAP:
            self.find(name, f"uses the heap: {callee}")
        elif callee.startswith(("__aeabi_", "__gnu_")):
            self.bounds[callee] = LEAF
        elif callee not in self.bounds:
            self.find(name, f"calls {callee}, whose stack nobody bounded")

    def check_hal(self):
        for name in [n for n in self.graph.frame if n.startswith("hal_")]:
            depth, _ = self.graph.worst(name, self.bounds)
            if depth > HAL_MAX:
                self.find(name, f"takes {depth} bytes of stack > {HAL_MAX}")

    def alone(self, entry):
        """Core and wire with nothing below them."""
        own = Graph()
        own.calls = self.graph.calls
        own.frame = {name: size if self.part[name] in m0plus.PARTS else 0
                     for name, size in self.graph.frame.items()}
        return own.worst(entry, {})[0]

    def stack(self):
        """(worst bytes, lines to print)."""
        lines, worst, on_top = [], 0, 0
        for name in self.interrupts():
            depth = self.graph.worst(name, self.bounds)[0] + EXCEPTION
            lines.append(f"stack of {name}(): {depth} bytes")
            on_top = max(on_top, depth)
        for entry in self.entries():
            depth, way = self.graph.worst(entry, self.bounds)
            depth += on_top
            lines.append(f"stack of {entry}(): {depth} bytes, {on_top} of them "
                         "an interrupt's, core and wire alone "
                         f"{self.alone(entry)}")
            lines += [f"    {self.graph.frame.get(name, self.bounds.get(name))}"
                      f"\t{short(name)}" for name in way]
            if depth > STACK_MAX:
                self.find(entry, f"needs {depth} bytes of stack > {STACK_MAX}"
                          ": " + " ".join(map(short, way)))
            worst = max(worst, depth)
        return worst, lines

    def sizes(self):
        """{text of core and wire, RAM of all variables} in bytes."""
        own = [u for u in self.units if u.part in m0plus.PARTS]
        linked = m0plus.reached(own, self.folder)
        image = linked
        if self.is_image:
            image = m0plus.measure([os.path.join(self.folder, "firmware.elf")])
        return {"text": linked["text"], "image": image["text"],
                "variables": image["data"] + image["bss"]}


def budgets(chip, stack):
    """Lines to print; findings for what is too large."""
    size = chip.sizes()
    ram = size["variables"] + stack
    if size["text"] > TEXT_MAX:
        chip.say("firmware/core/token.c", "core and wire need "
                 f"{size['text']} bytes of code > {TEXT_MAX}")
    if ram > RAM_MAX:
        chip.say("firmware/core/token.h", f"variables {size['variables']} and "
                 f"stack {stack} need {ram} bytes of RAM > {RAM_MAX}")
    return [f"code of core and wire: {size['text']} bytes of {TEXT_MAX}",
            f"image: {size['image']} bytes",
            f"RAM: {ram} bytes of {RAM_MAX}: variables {size['variables']},"
            f" stack {stack}"]


def examine(tree, folder):
    chip = Chip(tree, folder)
    if chip.findings:
        return chip.findings, []
    chip.read()
    if not set(m0plus.ENTRIES) <= chip.graph.frame.keys():
        chip.say("firmware/core/token.c", "no entry of the token was compiled: "
                 "nothing was checked")
        return chip.findings, []
    if chip.is_image and not (m0plus.RESET in chip.graph.frame and
                              chip.interrupts()):
        chip.say(m0plus.TOOLCHAIN, "no entry of the chip was compiled")
    chip.resolve()
    for circle in chip.graph.cycles():
        chip.find(circle[0], "calls itself: " + " ".join(map(short, circle)))
    if chip.findings:
        return chip.findings, []
    chip.check_hal()
    stack, lines = chip.stack()
    lines += budgets(chip, stack)
    return chip.findings, lines


def check(tree):
    report = os.path.join(tree.build, "chip.txt")
    if os.path.exists(report):
        os.unlink(report)
    if not m0plus.is_here():
        return [Finding("dev", 0, "no arm-none-eabi-gcc: nothing was checked")]
    with tempfile.TemporaryDirectory() as folder:
        findings, lines = examine(tree, folder)
    if tree.build != tree.root:	# the examples' figures interest nobody
        with open(report, "w", encoding="utf-8") as f:
            f.writelines(line + "\n" for line in lines)
        print("\n".join(lines))
    return findings
