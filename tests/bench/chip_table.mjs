// SPDX-License-Identifier: BSD-2-Clause
// The figures of the chip as docs/BENCH.md has them, between two marks.  They
// are written by `chip.mjs --write`, and a test fails where they are no longer
// true.
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../../docs/BENCH.md', import.meta.url));
const BEGIN = '<!-- chip: begin; written by node tests/bench/chip.mjs --write -->';
const END = '<!-- chip: end -->';
const NUMBER = /\d[\d,]*(\.\d+)?/g;
const TOLERANCE = 0.02; // of a figure
// And what a small change of the image may add to figures of any size.
const SLACK = {
  targets: 1, // ms, KB
  commands: 0.5, // ms: when the token looks at its button or its timers
  functions: 0,
  sizes: 1024, // bytes
};

const mega = (cycles) => (cycles / 1e6).toFixed(cycles < 1e6 ? 3 : 2);
const whole = (n) => n.toLocaleString('en-US');
const total = ({ before, after }) => before.ms + after.ms;
const ms = (n) => n.toFixed(1);

function targets({ commands, sizes }) {
  const time = (name) => total(commands.find((row) => row.name === name));
  const rows = [
    ['statement signing (SIGN Ed25519)', time('SIGN Ed25519'), 'ms', 60],
    ['getAssertion ES256', time('getAssertion ES256'), 'ms', 170],
    ['image', sizes.image / 1024, 'KB', 192],
    ['static RAM', sizes.variables / 1024, 'KB', 64],
  ];

  return ['| | measured | target |', '|---|---:|---:|',
    ...rows.map(([name, value, unit, most]) =>
      `| ${name} | ${value < most ? ms(value) : `**${ms(value)}**`} ${unit} | ` +
      `< ${most} ${unit} |`)];
}

function commandTable({ commands }) {
  return ['| command | before the touch | after it | M cycles | erased, ' +
    'programmed | in all |', '|---|---:|---:|---:|---:|---:|',
  ...commands.map(({ name, before, after, erase, program }) =>
    `| ${name} | ${ms(before.ms)} ms | ${after.ms ? `${ms(after.ms)} ms` : ''} | ` +
    `${mega(before.cycles + after.cycles)} | ${erase}, ${program} | ` +
    `**${ms(before.ms + after.ms)} ms** |`)];
}

function functionTable({ functions }) {
  return ['| function | M cycles | ms | stack | elsewhere, M cycles |',
    '|---|---:|---:|---:|---|',
    ...functions.map(({ name, cycles, stack, elsewhere }) =>
      `| ${name} | ${mega(cycles)} | ${ms(cycles / 125e3)} | ${whole(stack)} | ` +
      `${elsewhere} |`)];
}

function sizeTable({ sizes, stack }) {
  return ['| | bytes |', '|---|---:|',
    `| image | ${whole(sizes.image)} |`,
    `| static RAM | ${whole(sizes.variables)} |`,
    `| stack: the most that these commands used | ${whole(stack)} |`,
    `| stack: bound by lint/chip | ${whole(sizes.stackBound)} |`];
}

// [{line, slack}]
const lines = (measured) => [
  [targets, SLACK.targets], [commandTable, SLACK.commands],
  [functionTable, SLACK.functions], [sizeTable, SLACK.sizes],
].flatMap(([table, slack]) =>
  ['', ...table(measured)].map((line) => ({ line, slack })));

function parts() {
  const text = fs.readFileSync(PAGE, 'utf8');
  const begin = text.indexOf(BEGIN) + BEGIN.length + 1;
  const end = text.indexOf(END);

  if (begin <= BEGIN.length || end < begin) {
    throw new Error(`${PAGE} has no marks`);
  }
  return [text.slice(0, begin), text.slice(begin, end), text.slice(end)];
}

export function write(measured) {
  const [before, , after] = parts();
  const text = lines(measured).map(({ line }) => line).join('\n');
  fs.writeFileSync(PAGE, `${before}${text}\n\n${after}`);
}

function isNear(a, b, slack) {
  const [x, y] = [a, b].map((n) => Number(n.replaceAll(',', '')));
  const [, fraction] = a.split('.');
  const rounding = fraction ? 10 ** -fraction.length : 0;
  return Math.abs(x - y) <= TOLERANCE * y + rounding + slack;
}

// The same words, and figures that are near.
function isTrue(written, now, slack) {
  const plain = (line) => line.replaceAll('*', '');
  const numbers = (line) => plain(line).match(NUMBER) ?? [];
  const [a, b] = [numbers(written), numbers(now)];

  return plain(written).replace(NUMBER, '') === plain(now).replace(NUMBER, '') &&
    a.length === b.length && a.every((n, i) => isNear(n, b[i], slack));
}

// 0 if every line of the page is true, and the bound of the stack is one.
export function check(measured) {
  const written = parts()[1].split('\n').filter(Boolean);
  const now = lines(measured).filter(({ line }) => line);
  const count = Math.max(written.length, now.length);
  let status = 0;

  if (measured.stack > measured.sizes.stackBound) {
    console.log('more stack was used than lint/chip says can be');
    status = 1;
  }
  for (let i = 0; i < count; i++) {
    const { line, slack } = now[i] ?? { line: '', slack: 0 };
    if (!isTrue(written[i] ?? '', line, slack)) {
      console.log(`docs/BENCH.md: ${written[i] ?? ''}\n      measured: ${line}`);
      status = 1;
    }
  }
  return status;
}
