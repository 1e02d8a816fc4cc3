#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# setup.sh DIR: what the emulated board needs besides its sources: the emulator
# package that package-lock.json pins, and the boot ROM.  Scripts find DIR by
# the variable TOUCHSTONE_BOARD.  Does nothing if DIR is up to date.
set -eu
dir=$1
here=$(cd "$(dirname "$0")" && pwd)

mkdir -p "$dir"
if ! cmp -s "$here/package-lock.json" "$dir/package-lock.json"; then
	rm -rf "$dir/node_modules" "$dir/package-lock.json"
	cp "$here/package.json" "$dir/"
	cp "$here/package-lock.json" "$dir/package-lock.new"
	mv "$dir/package-lock.new" "$dir/package-lock.json"
	(cd "$dir" && npm ci --silent --ignore-scripts --no-audit --no-fund) || {
		rm -f "$dir/package-lock.json"
		exit 1
	}
fi
arm-none-eabi-gcc -mcpu=cortex-m0plus -mthumb -nostdlib -Wl,-Ttext=0 \
    -Wl,--build-id=none -Wl,--entry=0 -o "$dir/rom.elf" "$here/rom/rom.S"
arm-none-eabi-objcopy -O binary "$dir/rom.elf" "$dir/rom.bin"
