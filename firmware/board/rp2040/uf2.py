# SPDX-License-Identifier: BSD-2-Clause
"""uf2.py IMAGE UF2: what to copy onto the drive that a Pico in BOOTSEL mode is.

RP2040 datasheet section 2.8.4.2: blocks of 512 bytes, each with 256 bytes of
the image and where they go.  The drive writes these and nothing else, so the
store at the end of the flash survives.
"""

import struct
import sys

BEGIN = 0x0a324655, 0x9e5d5157
END = 0x0ab16f30
HAS_FAMILY = 0x2000
RP2040 = 0xe48bff56
FLASH = 0x10000000
PAYLOAD = 256


def blocks(image):
    parts = [image[at:at + PAYLOAD] for at in range(0, len(image), PAYLOAD)]
    for number, part in enumerate(parts):
        head = struct.pack("<8I", *BEGIN, HAS_FAMILY, FLASH + number * PAYLOAD,
                           PAYLOAD, number, len(parts), RP2040)
        yield head + part.ljust(476, b"\0") + struct.pack("<I", END)


def main(image, uf2):
    with open(image, "rb") as f:
        data = f.read()
    with open(uf2, "wb") as f:
        f.writelines(blocks(data))


if __name__ == "__main__":
    main(*sys.argv[1:])
