#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# venv.sh PYTHON DIR REQUIREMENTS: a virtual environment with these packages.
# Does nothing if DIR was made from the same list.
set -eu
python=$1 dir=$2 list=$3

if cmp -s "$list" "$dir/requirements.txt"; then
	exit 0
fi
rm -rf "$dir"
"$python" -m venv "$dir"
"$dir/bin/pip" install --quiet --disable-pip-version-check \
    --require-hashes --only-binary :all: -r "$list"
cp "$list" "$dir/requirements.txt"
