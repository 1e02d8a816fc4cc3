# SPDX-License-Identifier: BSD-2-Clause
"""image.py DIR: the three files of the image agree, with one another and with
what the boot ROM wants; and they fit.

UF2 and the checksum are read here with other code than wrote them: binascii's
CRC is the reflected one of the same polynomial.
"""

import binascii
import os
import re
import struct
import subprocess
import sys

FLASH = 0x10000000
IMAGE_MAX = 192 * 1024
RAM_MAX = 64 * 1024


def require(is_true, text):
    if not is_true:
        sys.exit(text)


def reflect(data):
    return bytes(int(f"{byte:08b}"[::-1], 2) for byte in data)


def check_boot2(image):
    """CRC-32/MPEG-2 (datasheet 2.8.1.3.1): the common one, bits mirrored."""
    mirrored = binascii.crc32(reflect(image[:252])) ^ 0xffffffff
    crc = int(f"{mirrored:032b}"[::-1], 2)
    require(image[252:256] == crc.to_bytes(4, "little"),
            "the boot ROM would refuse this second stage")
    require(any(image[:252]), "there is no second stage")


def check_vectors(image):
    stack, reset = struct.unpack_from("<2I", image, 256)
    require(0x20000000 < stack <= 0x20042000 and stack % 8 == 0,
            f"stack begins at {stack:#x}")
    require(reset & 1 and 0x100 < reset - FLASH < len(image),
            f"reset leads to {reset:#x}")


def check_uf2(uf2, image):
    """Every block complete, in order, and together the image."""
    require(len(uf2) % 512 == 0, "half a block")
    count = len(uf2) // 512
    written = b""
    for number in range(count):
        block = uf2[512 * number:512 * (number + 1)]
        head = struct.unpack_from("<8I", block)
        require(head == (0x0a324655, 0x9e5d5157, 0x2000, FLASH + len(written),
                         256, number, count, 0xe48bff56), f"{number}: {head}")
        require(block[508:] == struct.pack("<I", 0x0ab16f30), "no end")
        written += block[32:288]
    require(written[:len(image)] == image and not any(written[len(image):]),
            "UF2 and image differ")
    require(len(written) - len(image) < 256, "UF2 is longer than the image")


def check_sizes(folder, image):
    out = subprocess.run(
        ["arm-none-eabi-size", "-A", os.path.join(folder, "firmware.elf")],
        check=True, capture_output=True, text=True).stdout
    section = dict(re.findall(r"^(\.\w+) +(\d+)", out, re.M))
    ram = int(section[".data"]) + int(section[".bss"])
    print(f"image: {len(image)} bytes of {IMAGE_MAX}")
    print(f"static RAM: {ram} bytes of {RAM_MAX}")
    require(len(image) <= IMAGE_MAX, "the image is too large")
    require(ram <= RAM_MAX, "too much static RAM")


def main(folder):
    files = []
    for name in ("firmware.bin", "firmware.uf2"):
        with open(os.path.join(folder, name), "rb") as f:
            files.append(f.read())
    image, uf2 = files
    check_boot2(image)
    check_vectors(image)
    check_uf2(uf2, image)
    check_sizes(folder, image)


main(sys.argv[1])
