// SPDX-License-Identifier: BSD-2-Clause
// Names of the LED's patterns, from the one place that defines them.

import fs from 'node:fs';

const header = new URL('../../../firmware/hal.h', import.meta.url);

function parse(text) {
  const body = /enum hal_led \{(.*?)\};/s.exec(text)[1];
  const code = body.replace(/\/\*.*?\*\//gs, '');
  return [...code.matchAll(/HAL_LED_(\w+)/g)].map((match) =>
    match[1].toLowerCase().replaceAll('_', '-'));
}

const names = parse(fs.readFileSync(header, 'utf8'));

// "touch-register" for HAL_LED_TOUCH_REGISTER, and so on.
export function ledName(pattern) {
  return names[pattern] ?? 'error: no such pattern';
}
