# SPDX-License-Identifier: BSD-2-Clause
# cmake -DIN=FILE -DOUT=FILE.c -P embed.cmake: the interface as a C string.
file(READ ${IN} hex HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n"
    bytes "${bytes}")
file(WRITE ${OUT} "#include \"agent/method.h\"\n\n"
    "const char ts_interface_text[] = {\n${bytes}0};\n")
