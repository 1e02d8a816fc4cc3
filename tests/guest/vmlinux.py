# SPDX-License-Identifier: BSD-2-Clause
"""usage: vmlinux.py VMLINUZ VMLINUX: the kernel inside Debian's boot image.

QEMU starts it directly (PVH), which saves the guest three seconds of
unpacking.  Debian compresses with xz; the image holds exactly one such stream
that is an ELF file.
"""

import lzma
import sys

XZ = b"\xfd7zXZ\0"


def main(source, target):
    with open(source, "rb") as f:
        image = f.read()
    at = image.find(XZ)
    while at >= 0:
        try:
            kernel = lzma.LZMADecompressor().decompress(image[at:])
        except lzma.LZMAError:
            kernel = b""
        if kernel.startswith(b"\x7fELF"):
            with open(target, "wb") as f:
                f.write(kernel)
            return
        at = image.find(XZ, at + 1)
    sys.exit(f"{source}: no kernel inside")


main(*sys.argv[1:])
