// SPDX-License-Identifier: BSD-2-Clause
// What the token's commands and its cryptography cost on the shipped image, in
// cycles of a Cortex-M0+; every run counts the same.
//
// usage: chip.mjs            prints one JSON object
//        chip.mjs --check    compares with docs/BENCH.md, 0 if it is true
//        chip.mjs --write    writes the tables there anew
import { commands } from './chip_commands.mjs';
import { functions } from './chip_functions.mjs';
import { sizes } from './chip_sizes.mjs';
import { check, write } from './chip_table.mjs';

const measured = {
  ...await commands(),
  functions: functions(),
  sizes: sizes(),
};

if (process.argv.includes('--write')) {
  write(measured);
} else if (process.argv.includes('--check')) {
  process.exitCode = check(measured);
} else {
  console.log(JSON.stringify(measured));
}
