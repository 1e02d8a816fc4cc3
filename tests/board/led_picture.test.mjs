// SPDX-License-Identifier: BSD-2-Clause
// docs/led.svg shows what the image's LED pin does.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { picture } from './led_picture.mjs';
import { imagePath } from './rig.mjs';

test('the picture of the LED language is the image\'s', () => {
  const drawn = readFileSync(
    new URL('../../docs/led.svg', import.meta.url), 'utf8');

  assert.equal(drawn, picture(imagePath),
    'draw it anew: node tests/board/led_picture.mjs ELF > docs/led.svg');
});
