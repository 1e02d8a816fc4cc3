// SPDX-License-Identifier: BSD-2-Clause
// The emulated board behind the sockets of touchstone-sim(1).

import path from 'node:path';

import { HidPort } from './front/hid.mjs';
import { parseOptions, run } from './front/run.mjs';

const USAGE = `usage: node sim.mjs --elf FILE --dir DIR [--outputs LIST]

  --elf FILE      the firmware, as built for the board
  --dir DIR       where DIR/hid, DIR/control and DIR/flash are; made if missing
  --outputs LIST  "led,keyboard": no display is attached
`;

const options = parseOptions(USAGE, { foreground: { type: 'boolean' } });
await run('touchstone-sim', options, (token) => {
  const port = new HidPort(token, path.join(options.dir, 'hid'));
  token.drain = () => port.drained();
  return { start: () => port.ready };
});
