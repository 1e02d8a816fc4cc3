# SPDX-License-Identifier: BSD-2-Clause
"""usage: check.py stage|files|hardening|consumer|man|units|udev
                SOURCE BUILD PREFIX

"stage" installs into BUILD/stage; the others look at what is there and print
one line for each thing that is wrong.
"""

import os
import re
import shutil
import subprocess
import sys
from glob import glob

PROGRAMS = {"touchstone": "bin", "touchstone-agent": "bin",
            "touchstone-sim": "bin", "touchstone-token": "libexec*/**",
            "touchstone-net": "libexec*/**"}
OTHER_FILES = [
    "lib/**/libtouchstone.so", "lib/**/libtouchstone.so.*",
    "lib/**/pkgconfig/touchstone.pc",
    "lib/systemd/user/touchstone.service",
    "lib/systemd/user/touchstone.socket",
    "lib/systemd/user/touchstone-token.target",
    "lib/udev/rules.d/*-touchstone.rules",
    "share/bash-completion/completions/touchstone",
    "share/zsh/site-functions/_touchstone",
    "share/fish/vendor_completions.d/touchstone.fish",
    "share/doc/touchstone/README.md", "share/doc/touchstone/SPEC.md",
    "share/doc/touchstone/LICENSE",
]


class Installed:
    def __init__(self, source, build, prefix):
        self.source = source
        self.build = build
        self.stage = os.path.join(build, "stage")
        self.prefix = self.stage + prefix

    def find(self, pattern):
        return sorted(glob(os.path.join(self.prefix, pattern), recursive=True))

    def program(self, name):
        found = self.find(f"{PROGRAMS[name]}/{name}")
        return found[0] if found else None


def run(args, **env):
    done = subprocess.run(args, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=dict(os.environ, **env), check=False)
    return done.returncode, done.stdout


def stage(at):
    shutil.rmtree(at.stage, ignore_errors=True)
    status, out = run(["cmake", "--install", at.build], DESTDIR=at.stage)
    if status != 0:
        yield out


def files(at):
    """Everything a user needs is there, and readable by every user."""
    for name in PROGRAMS:
        if not at.program(name):
            yield f"{name}: not installed"
        if not at.find(f"share/man/man[1-8]/{name}.[1-8]"):
            yield f"{name}: no manual page installed"
    for pattern in OTHER_FILES:
        if not at.find(pattern):
            yield f"{pattern}: not installed"
    for header in glob("include/touchstone/**/*.h", root_dir=at.source,
                       recursive=True):
        if not at.find(header):
            yield f"{header}: not installed"
    for folder, _, names in os.walk(at.stage):
        for path in (os.path.join(folder, name) for name in names):
            if os.stat(path).st_mode & 0o777 not in (0o644, 0o755):
                yield f"{path}: mode {os.stat(path).st_mode & 0o777:o}"


def hardening(at):
    """PIE, full RELRO, no executable stack, no path into the build."""
    for name in PROGRAMS:
        path = at.program(name)
        if not path:
            yield f"{name}: not installed"
            continue
        _, out = run(["readelf", "-hldW", path])
        for wanted in (r"Type: +DYN", r"GNU_RELRO", r"FLAGS.*BIND_NOW",
                       r"GNU_STACK.* RW "):
            if not re.search(wanted, out):
                yield f"{name}: readelf shows no {wanted}"
        if re.search(r"R(UN)?PATH.*" + re.escape(at.build), out):
            yield f"{name}: looks for libraries in the build folder"


def consumer(at):
    """A program elsewhere compiles, links every function and runs."""
    pc = at.find("lib/**/pkgconfig")
    library = at.find("lib/**/libtouchstone.so")
    if not pc or not library:
        yield "touchstone.pc or libtouchstone.so: not installed"
        return
    status, flags = run(
        ["pkg-config", "--cflags", "--libs", "touchstone"],
        PKG_CONFIG_LIBDIR=pc[0], PKG_CONFIG_SYSROOT_DIR=at.stage)
    if status != 0:
        yield flags
        return
    headers = glob("*.h", root_dir=os.path.join(at.prefix,
                                                "include/touchstone"))
    _, symbols = run(["nm", "-D", "--defined-only", library[0]])
    functions = re.findall(r" T (ts_\w+)(?:@.*)?$", symbols, re.M)
    if not headers or not functions:
        yield "no header or no function to use"
        return
    source = os.path.join(at.stage, "consumer.c")
    with open(source, "w", encoding="utf-8") as f:
        f.writelines(f"#include <touchstone/{h}>\n" for h in headers)
        f.write("typedef void (*any)(void);\n")
        f.write("static const any all[] = {\n")
        f.writelines(f"\t(any){name},\n" for name in functions)
        f.write("};\nint main(void)\n{\n\tfor (unsigned i = 0; i < sizeof(all)"
                " / sizeof(all[0]); i++)\n\t\tif (!all[i])\n\t\t\treturn 1;\n"
                "\treturn 0;\n}\n")
    program = source[:-2]
    status, out = run(["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror",
                       "-Wno-cast-function-type", source, "-o", program]
                      + flags.split())
    if status == 0:
        status, out = run([program],
                          LD_LIBRARY_PATH=os.path.dirname(library[0]))
    if status != 0:
        yield out or f"consumer: exit status {status}"


def man(at):
    """Every page renders without a complaint and has the usual sections."""
    pages = at.find("share/man/man[1-8]/*.[1-8]")
    if not pages:
        yield "no manual page installed"
    for page in pages:
        _, out = run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8",
                      "-Z", page], MANROFFSEQ="", MANWIDTH="80")
        errors = [line for line in out.splitlines()
                  if line.startswith(("troff:", "man:", "<standard input>"))
                  or "warning:" in line]
        for error in errors:
            yield f"{os.path.basename(page)}: {error}"
        _, text = run(["man", "-l", "-P", "cat", page], MANWIDTH="80")
        for section in ("NAME", "SYNOPSIS", "DESCRIPTION"):
            if not re.search(rf"^{section}$", text, re.M):
                yield f"{os.path.basename(page)}: no section {section}"


def units(at):
    found = at.find("lib/systemd/user/*")
    if not found:
        yield "no unit installed"
        return
    # "verify" wants the program to exist, so give it the staged one.
    folder = os.path.join(at.stage, "units")
    os.makedirs(folder, exist_ok=True)
    for unit in found:
        with open(unit, encoding="utf-8") as f:
            text = f.read()
        text = re.sub(r"(?m)^(ExecStart=)", r"\1" + at.stage, text)
        with open(os.path.join(folder, os.path.basename(unit)), "w",
                  encoding="utf-8") as f:
            f.write(text)
    status, out = run(["systemd-analyze", "verify", "--user", "--man=no"]
                      + sorted(glob(folder + "/*")), XDG_RUNTIME_DIR=folder)
    if status != 0 or out:
        yield out or f"systemd-analyze: exit status {status}"


RULE = re.compile(
    r'(\w+(\{\w+\})?(==|!=|\+=|=)"[^"]*")(, \w+(\{\w+\})?(==|!=|\+=|=)"[^"]*")*')


def udev(at):
    found = at.find("lib/udev/rules.d/*")
    if not found:
        yield "no rule installed"
    for path in found:
        name = os.path.basename(path)
        if not 60 < int(name.split("-")[0]) < 73:
            yield f"{name}: must come after 60-fido-id, before 73-seat-late"
        labels, jumps = set(), set()
        with open(path, encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                line = line.rstrip("\n")
                if line and line[0] != "#" and not RULE.fullmatch(line):
                    yield f"{name}:{number}: not a rule: {line}"
                labels.update(re.findall(r'^LABEL="(\w+)"', line))
                jumps.update(re.findall(r'GOTO="(\w+)"', line))
        if labels != jumps:
            yield f"{name}: jumps {jumps} do not meet labels {labels}"


def main(name, source, build, prefix):
    check = {f.__name__: f for f in (stage, files, hardening, consumer, man,
                                     units, udev)}[name]
    wrong = list(check(Installed(source, build, prefix)))
    print("\n".join(wrong) or "good")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
