#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# venv.sh [--system-site-packages] PYTHON DIR LIST...: a virtual environment
# with exactly the packages of the lists; with the option, Debian's can be
# imported where the lists have none of that name.
# Does nothing if DIR was made from the same lists.
set -eu
site=
if [ "$1" = --system-site-packages ]; then
	site=$1
	shift
fi
python=$1 dir=$2
shift 2

if cat "$@" | cmp -s - "$dir/requirements.txt"; then
	exit 0
fi
rm -rf "$dir"
"$python" -m venv ${site:+"$site"} "$dir"
cat "$@" >"$dir/wanted.txt"
"$dir/bin/pip" install --quiet --disable-pip-version-check --no-deps \
    --require-hashes --only-binary :all: -r "$dir/wanted.txt"
mv "$dir/wanted.txt" "$dir/requirements.txt"
