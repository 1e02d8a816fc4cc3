# SPDX-License-Identifier: BSD-2-Clause
"""The firmware fits its smallest chip: no recursion, no heap, no stack whose
size depends on input, no call through an unreviewed pointer; worst-case
stack, code and RAM within bounds.

Compiled for a Cortex-M0+ as a board would; the figures go to BUILD/chip.txt.
"""

import os
import tempfile

import m0plus
from callgraph import POINTER, Graph, short
from tree import Finding

STACK_MAX = 8 * 1024	# below fw_token_step(), interrupts apart
TEXT_MAX = 48 * 1024	# wire and core as linked, without crypto and board
RAM_MAX = 24 * 1024	# struct fw_token, other variables, worst-case stack
HEAP = {"malloc", "calloc", "realloc", "free", "alloca", "aligned_alloc",
        "strdup", "sbrk"}

# Reviewed calls through pointers: who, and what can be called.
POINTERS = {
    "fw_p256_public": ["p256_m15 mulgen"],
    "salted_init": ["br_sha256_init", "br_sha224_set_state"],
    "fw_p256_ecdh": ["p256_m15 mul"],
    "tsw_p256_verify": ["p256_m15 mul", "br_ecdsa_i15_vrfy_raw"],
}

# Bytes of stack of what is not compiled here.  hal.h promises HAL.  Libraries:
# BearSSL 0.6 and libsodium 1.0.18, compiled with the same compiler and flags
# and added up the same way, their own calls through tables resolved by hand.
HAL = 512
LEAF = 64		# mem*, str*, libgcc's arithmetic: loops without calls
LIBRARY = {
    "br_ec_get_default": 16,
    "br_ecdsa_vrfy_raw_get_default": 16,
    "br_ecdsa_i31_sign_raw": 3916,
    "br_ecdsa_raw_to_asn1": 336,
    "br_ecdsa_i15_vrfy_raw": 3556,
    "p256_m15 mul": 2612,
    "p256_m15 mulgen": 2436,
    "br_sha256_init": 40,
    "br_sha256_update": 384,
    "br_sha224_update": 384,	# what bearssl_hash.h calls the same
    "br_sha256_out": 488,
    "br_sha224_state": 16,
    "br_sha224_set_state": 16,
    "br_hmac_key_init": 792,
    "br_hmac_init": 520,
    "br_hmac_update": 496,
    "br_hmac_out": 792,
    "br_hmac_drbg_init": 1272,
    "br_hmac_drbg_update": 1240,
    "br_hmac_drbg_generate": 1248,
    "br_aes_ct_cbcenc_init": 696,
    "br_aes_ct_cbcenc_run": 776,
    "br_aes_ct_cbcdec_init": 696,
    "br_aes_ct_cbcdec_run": 848,
    "crypto_hash_sha512_init": 40,
    "crypto_hash_sha512_update": 1672,
    "crypto_hash_sha512_final": 1632,
    "crypto_sign_seed_keypair": 2080,
    "crypto_scalarmult_ed25519_base_noclamp": 1176,
    "crypto_core_ed25519_scalar_add": 448,
    "crypto_core_ed25519_scalar_mul": 368,
    "crypto_core_ed25519_scalar_reduce": 296,
    "crypto_sign_verify_detached": 3472,
    "crypto_core_ed25519_is_valid_point": 2616,
}

TOKEN_H = "struct fw_token { char c[%d]; };\n"
TOKEN_C = "void fw_token_init(void) {}\nvoid fw_token_step(void) { %s }\n"


def example(code, call="f(8);", state=100):
    """code stands on line 1 of a file; the token calls into it."""
    return {"firmware/core/token.h": TOKEN_H % state,
            "firmware/core/token.c": "int f(int);\n" + TOKEN_C % call,
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
    (example("int f(int n) { volatile char a[9000]; a[n] = 1; return a[1]; }\n"
             ), {"firmware/core/token.c:3"}),
    (example("const char big[50000] = {1};\n"
             "int f(int n) { return big[n]; }\n"),
     {"firmware/core/token.c:1"}),
    (example("int f(int n) { return n + 1; }\n", state=24600),
     {"firmware/core/token.h:1"}),
    (example("int f(int n) { return n + ; }\n"), {"firmware/core/a.c:1"}),
    ({"host/a.c": "int a;\n"}, {"firmware/core/token.c:1"}),
]


class Chip:
    """The compiled firmware, and what is to be said of it."""

    def __init__(self, tree, folder):
        self.tree = tree
        self.units = m0plus.compile_all(tree.root, folder)
        self.graph = Graph()
        self.bounds = dict(LIBRARY)
        self.findings = [Finding(u.path, 1, "does not compile: " + u.errors)
                         for u in self.units if u.errors]

    def find(self, name, text):
        path, line = self.graph.place[name]
        self.findings.append(Finding(os.path.relpath(path, self.tree.root),
                                     line, f"{short(name)}() {text}"))

    def read(self):
        """Call graphs, and the compiler's own helpers, which they lack."""
        for unit in self.units:
            with open(unit.graph, encoding="utf-8") as f:
                here = self.graph.read(f.read())
            helpers = {name for name in undefined(unit.object)
                       if name.startswith(("__aeabi_", "__gnu_"))}
            for name in here:
                self.graph.calls[name] |= helpers

    def resolve(self):
        """Every call gets a bound or a finding."""
        for name, callees in self.graph.calls.items():
            if name not in self.graph.frame:
                continue
            if "dynamic" in self.graph.kind[name]:
                self.find(name, "takes stack that depends on its input")
            if POINTER in callees:
                if short(name) not in POINTERS:
                    self.find(name, "calls through a pointer; "
                              "chip.py has no list of what it can be")
                callees.discard(POINTER)
                callees |= set(POINTERS.get(short(name), ()))
            for callee in callees - self.graph.frame.keys():
                self.bound(name, callee)

    def bound(self, name, callee):
        if callee in HEAP:
            self.find(name, f"uses the heap: {callee}")
        elif callee.startswith("hal_"):
            self.bounds[callee] = HAL
        elif callee.startswith(("mem", "str", "__aeabi_", "__gnu_",
                                "assert_failed")):
            self.bounds[callee] = LEAF
        elif callee not in self.bounds:
            self.find(name, f"calls {callee}, whose stack nobody bounded")

    def stack(self):
        """(worst bytes, lines to print)."""
        lines, worst = [], 0
        apart = {name: 0 for name in self.bounds}
        crypto = {name for name, (path, _) in self.graph.place.items()
                  if "/firmware/crypto/" in path}
        for entry in m0plus.ENTRIES:
            depth, way = self.graph.worst(entry, self.bounds)
            own = Graph()
            own.frame, own.calls = dict(self.graph.frame), self.graph.calls
            for name in crypto:
                own.frame[name] = 0
            alone, _ = own.worst(entry, apart)
            lines.append(f"stack of {entry}(): {depth} bytes, core and wire "
                         f"alone {alone}")
            lines += [f"    {self.graph.frame.get(name, self.bounds.get(name))}"
                      f"\t{short(name)}" for name in way]
            if depth > STACK_MAX:
                self.find(entry, f"needs {depth} bytes of stack > {STACK_MAX}"
                          ": " + " ".join(map(short, way)))
            worst = max(worst, depth)
        return worst, lines


def undefined(path):
    return [line.split()[1] for line in m0plus.tool("nm", "-u", path)
            .splitlines() if len(line.split()) == 2]


def sizes(chip, folder, stack):
    """Lines to print; findings for what is too large."""
    own = [u for u in chip.units if u.part in m0plus.PARTS]
    image = m0plus.reached(own, folder)
    state = m0plus.token_state(chip.tree.root, folder)
    ram = image["data"] + image["bss"] + state + stack
    if image["text"] > TEXT_MAX:
        chip.findings.append(Finding(
            "firmware/core/token.c", 1,
            f"core and wire need {image['text']} bytes of code > {TEXT_MAX}"))
    if ram > RAM_MAX:
        chip.findings.append(Finding(
            "firmware/core/token.h", 1,
            f"state {state} and stack {stack} need {ram} bytes of RAM"
            f" > {RAM_MAX}"))
    return [f"code of core and wire: {image['text']} bytes of {TEXT_MAX}",
            f"RAM: {ram} bytes of {RAM_MAX}: state {state}, stack {stack},"
            f" other {image['data'] + image['bss']}"]


def examine(tree, folder):
    chip = Chip(tree, folder)
    if chip.findings:
        return chip.findings, []
    chip.read()
    if not set(m0plus.ENTRIES) <= chip.graph.frame.keys():
        return [Finding("firmware/core/token.c", 1, "no entry of the token "
                        "was compiled: nothing was checked")], []
    chip.resolve()
    for circle in chip.graph.cycles():
        chip.find(circle[0], "calls itself: " + " ".join(map(short, circle)))
    if chip.findings:
        return chip.findings, []
    stack, lines = chip.stack()
    lines += sizes(chip, folder, stack)
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
