#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# usage: replay_test.sh BINARY
# The replay driver counts what it fed and refuses to replay nothing.

set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

refuses()
{
	if "$@" 2>/dev/null; then
		echo "accepted: $*" >&2
		exit 1
	fi
}

mkdir "$folder"/{seeds,none}
refuses "$1"
refuses "$1" "$folder/none"
refuses "$1" "$folder/missing"
printf x >"$folder/seeds/one"
: >"$folder/seeds/empty"
[ "$("$1" -runs=0 "$folder/seeds")" = "2 inputs" ]
refuses "$1" "$folder/seeds" "$folder/none"
ln -s missing "$folder/seeds/dangling"
refuses "$1" "$folder/seeds"
