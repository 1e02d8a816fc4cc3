#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# reproducible.sh SOURCE IMAGE: built again from a copy in another place, the
# image has the same bytes as the one in the folder IMAGE.

set -euo pipefail
source=$1 image=$2
there=$(mktemp -d /tmp/image.XXXXXX)
trap 'rm -rf "$there"' EXIT

cp -R "$source"/{CMakeLists.txt,firmware,include} "$there"
cp -R "$source/build/lib-src" "$there/libraries"
cmake -G Ninja -S "$there" -B "$there/image" -DTS_LIB_SRC="$there/libraries" \
    -DCMAKE_TOOLCHAIN_FILE="$there/firmware/board/rp2040/toolchain.cmake"
cmake --build "$there/image" -- --quiet
for file in firmware.{elf,bin,uf2}; do
	cmp "$image/$file" "$there/image/$file"
done
sha256sum "$image"/firmware.{elf,bin,uf2}
