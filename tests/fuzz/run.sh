#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# usage: run.sh BINARY CORPUS
# A short libFuzzer run (TS_FUZZ_SECONDS, default 5) from the committed corpus.
# It begins with the same seed each time, so that a change is judged by itself;
# TS_FUZZ_SEED=0 draws another, for long runs.
# New inputs go to a scratch folder; an input that fails is kept beside the
# binary, to be fixed, then committed to the corpus as its regression test.

set -eu
binary=$1 corpus=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

shopt -s nullglob
seeds=("$corpus"/*)
if [ ${#seeds[@]} -eq 0 ]; then
	echo "$corpus: no corpus" >&2
	exit 1
fi
options=(-seed="${TS_FUZZ_SEED:-1}" -max_total_time="${TS_FUZZ_SECONDS:-5}"
	-timeout=20 -rss_limit_mb=1024 -print_final_stats=1 -verbosity=1
	-artifact_prefix="$binary-")
if [ -f "$corpus.dict" ]; then
	options+=(-dict="$corpus.dict")
fi
"$binary" "${options[@]}" "$scratch" "$corpus" 2>&1 | tail -n 200 |
    tee "$scratch.log"
status=${PIPESTATUS[0]}
executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$scratch.log")
rm -f "$scratch.log"
# Fewer runs than seeds means that the fuzzer did not even start.
[ "$status" -eq 0 ] && [ "${executed:-0}" -ge ${#seeds[@]} ]
