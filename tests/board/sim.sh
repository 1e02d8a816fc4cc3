#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The emulated board in the place of touchstone-sim: give the path of this
# script wherever a test takes that program's.  TOUCHSTONE_ELF is the image.
here=$(cd "$(dirname "$0")" && pwd)
elf=${TOUCHSTONE_ELF:-$here/../../build/rp2040/firmware.elf}
exec node "$here/sim.mjs" --elf "$elf" "$@"
