// SPDX-License-Identifier: BSD-2-Clause
// docs/led.svg: what a person sees of each LED pattern, taken from the LED pin
// of the running image.  `node led_picture.mjs ELF > docs/led.svg` draws it.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { Chip } from './chip.mjs';

const BOOT_MS = 50;
const SEEN_MS = 4200; // one round of the slowest pattern
const MS = 1e6;
const OFF = 0; // HAL_LED_OFF

// In the order of the picture: name in hal.h, what a person is asked or told.
const ROWS = [
  ['IDLE', 'ready'],
  ['BUSY', 'computing'],
  ['WINK', 'a program asks: which one are you?'],
  ['TOUCH_LOGIN', 'touch: log in to a web site or ssh'],
  ['TOUCH_REGISTER', 'touch: register with a web site, make a key'],
  ['TOUCH_SELECT', 'touch: choose this token'],
  ['TOUCH_KEYS', 'touch: change which keys your contacts use'],
  ['TOUCH_TOKENS', 'touch: change who may sign for you'],
  ['TOUCH_CONFIRM', 'touch: say that a contact is verified'],
  ['TOUCH_DEVICE', 'touch: attest what this token is'],
  ['TOUCH_CARD', 'touch: sign or decrypt with a key of the card'],
  ['TOUCH_RESET', 'hold 5 seconds: erase'],
  ['FAULT_ENTROPY', 'bad random numbers: signs nothing'],
  ['FAULT_STORE', 'damaged store: signs nothing'],
];

const WIDTH = 900;
const ROW = 34;
const TOP = 44;
const LEFT = 430; // where the time begins
const SCALE = (WIDTH - LEFT - 20) / SEEN_MS;
const BAR = 16;

// enum hal_led, as the compiler numbers it.
function patterns() {
  const header = fileURLToPath(
    new URL('../../firmware/hal.h', import.meta.url));
  const body = /enum hal_led \{(.*?)\};/s.exec(readFileSync(header, 'utf8'))[1];
  const names = body.replace(/\/\*.*?\*\//gs, '').match(/HAL_LED_\w+/g);

  return new Map(names.map((name, i) => [name.slice('HAL_LED_'.length), i]));
}

// [[from, to], ...] in ms: when the pin was high after hal_led(pattern).
function flashes(chip, pattern) {
  const lit = [];
  let since = null;

  while (!chip.core.waiting) {
    chip.run(1);
  }
  const begin = chip.nanos;
  const now = () => Math.round((chip.nanos - begin) / MS);
  const change = (isLit) => {
    if (isLit) {
      since ??= now();
    } else if (since !== null) {
      lit.push([since, now()]);
      since = null;
    }
  };
  const registers = chip.core.registers.slice();
  chip.call('hal_led', [OFF]); // it begins when it changes
  chip.call('hal_led', [pattern]);
  chip.core.registers.set(registers);
  change(chip.led);
  chip.onLed(change);
  chip.runFor(SEEN_MS);
  change(false);
  return lit.filter(([from, to]) => to > from && from < SEEN_MS)
    .map(([from, to]) => [from, Math.min(to, SEEN_MS)]);
}

function bar([from, to], y) {
  const x = (LEFT + from * SCALE).toFixed(1);
  const width = ((to - from) * SCALE).toFixed(1);

  return `<rect x="${x}" y="${y}" width="${width}" height="${BAR}" rx="3"` +
    ' fill="#2f9e44"/>';
}

function row(chip, pattern, text, i) {
  const y = TOP + i * ROW;
  const middle = y + BAR - 3;

  return [
    `<text x="20" y="${middle}">${text}</text>`,
    `<rect x="${LEFT}" y="${y}" width="${(SEEN_MS * SCALE).toFixed(1)}"` +
      ` height="${BAR}" rx="3" fill="#e9ecef"/>`,
    ...flashes(chip, pattern).map((flash) => bar(flash, y)),
  ];
}

function seconds() {
  const marks = [];

  for (let s = 0; s * 1000 <= SEEN_MS; s++) {
    const x = (LEFT + s * 1000 * SCALE).toFixed(1);
    marks.push(`<text x="${x}" y="28" fill="#868e96">${s} s</text>`);
  }
  return marks;
}

export function picture(elf) {
  const number = patterns();
  const chip = new Chip({ elf });
  const height = TOP + ROWS.length * ROW;

  chip.runFor(BOOT_MS);
  return [
    '<!-- SPDX-License-Identifier: BSD-2-Clause -->',
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}"` +
      ` height="${height}" font-family="sans-serif" font-size="15">`,
    '<title>What the LED says</title>',
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...seconds(),
    ...ROWS.flatMap(([name, text], i) => row(chip, number.get(name), text, i)),
    '</svg>',
    '',
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(picture(process.argv[2]));
}
