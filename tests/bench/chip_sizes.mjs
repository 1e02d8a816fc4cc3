// SPDX-License-Identifier: BSD-2-Clause
// What the image takes of the chip's memories: by the symbols of link.ld, and
// the bound of its stack by lint/chip's call graph.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { loadElf } from '../board/elf.mjs';
import { imagePath } from '../board/rig.mjs';

const PROGRAM = fileURLToPath(new URL('sizes.py', import.meta.url));

function stackBound() {
  const out = execFileSync('/usr/bin/python3', ['-B', PROGRAM]);
  return JSON.parse(out).stack;
}

// {image, variables, stackBound} in bytes
export function sizes() {
  const { symbols } = loadElf(imagePath);
  const span = (from, to) => symbols.get(to).addr - symbols.get(from).addr;

  return {
    image: span('rp2_image_start', 'rp2_image_end'),
    variables: span('rp2_data_start', 'rp2_bss_end'),
    stackBound: stackBound(),
  };
}
