# SPDX-License-Identifier: BSD-2-Clause
"""Read the text in a picture of the display, as an eye would.

The letters to look for are drawn here from the art in
firmware/board/rp2040/font.c, at any place and size, so that nothing is assumed
of how the firmware lays them out.
"""

import os
import re
import struct
import zlib

FONT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                    "firmware", "board", "rp2040", "font.c")
WIDTH, HEIGHT = 5, 7


def letters():
    """Letter -> its rows, of '#' and '.'."""
    with open(FONT) as f:
        rows = [row.split(" ") for row in re.findall(r'"([#. ]{47})"', f.read())]
    art = {}
    for block in range(len(rows) // HEIGHT):
        lines = rows[block * HEIGHT:(block + 1) * HEIGHT]
        for i, columns in enumerate(zip(*lines)):
            art[chr(0x20 + 8 * block + i)] = columns
    art.pop("\x7f")  # the box, of what is no letter
    return art


def png_pixels(path):
    """Rows of true (lit) and false, of a grey PNG without filters."""
    with open(path, "rb") as f:
        data = f.read()
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("this is no PNG")
    at, packed = 8, b""
    while at < len(data):
        length, = struct.unpack(">I", data[at:at + 4])
        body = data[at + 4:at + 8 + length]
        crc, = struct.unpack(">I", data[at + 8 + length:at + 12 + length])
        if crc != zlib.crc32(body):
            raise ValueError("a chunk is damaged")
        if body[:4] == b"IHDR":
            width, height, *kind = struct.unpack(">IIBBBBB", body[4:])
        elif body[:4] == b"IDAT":
            packed += body[4:]
        at += 12 + length
    if kind != [8, 0, 0, 0, 0]:
        raise ValueError("this is not grey, 8 bits")
    raw = zlib.decompress(packed)
    rows = [raw[y * (width + 1):(y + 1) * (width + 1)] for y in range(height)]
    if any(row[0] != 0 for row in rows):
        raise ValueError("this has filters")
    return [[value > 127 for value in row[1:]] for row in rows]


def shrink(pixels, scale):
    """One point for each square of scale; a square must be of one colour."""
    points = [row[::scale] for row in pixels[::scale]]
    for y, row in enumerate(pixels):
        for x, lit in enumerate(row):
            if lit != points[y // scale][x // scale]:
                raise ValueError(f"no square of {scale} at {x}, {y}")
    return points


def text_lines(path, scale, tall=2):
    """The lines of text; letters are tall times as high as drawn."""
    points = shrink(png_pixels(path), scale)
    shapes = {}
    for letter, rows in letters().items():
        shapes[tuple(row for row in rows for _ in range(tall))] = letter
    pitch, height = WIDTH + 1, HEIGHT * tall
    lines, top = [], 0
    while top <= len(points) - height:
        found, text = max(read(points, left, top, pitch, height, shapes)
                          for left in range(pitch))
        if found > 0:
            lines.append(text.strip())
            top += height
        else:
            top += 1
    return lines


def read(points, left, top, pitch, height, shapes):
    """(letters found, text) of a line at this place; (0, "") if there is what
    is no letter."""
    text, found = "", 0
    for x in range(left, len(points[0]) - WIDTH + 1, pitch):
        cell = tuple("".join("#" if lit else "." for lit in row[x:x + WIDTH])
                     for row in points[top:top + height])
        if cell not in shapes:
            return 0, ""
        text += shapes[cell]
        found += shapes[cell] != " "
    return found, text
