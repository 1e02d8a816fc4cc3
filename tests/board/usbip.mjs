// SPDX-License-Identifier: BSD-2-Clause
// The emulated board at the end of a network cable: a USB/IP server.

import { parseOptions, run } from './front/run.mjs';
import { UsbIpServer } from './front/usbip.mjs';

const USAGE = `usage: node usbip.mjs --elf FILE --dir DIR [--port PORT]
           [--bind ADDRESS] [--control-port PORT] [--outputs LIST]

  --elf FILE           the firmware, as built for the board
  --dir DIR            where DIR/control and DIR/flash are; made if missing
  --port PORT          USB/IP listens here (3240)
  --control-port PORT  the commands of DIR/control on TCP as well
  --bind ADDRESS       of both ports (127.0.0.1)
  --outputs LIST       "led,keyboard": no display is attached
`;

const options = parseOptions(USAGE, {
  port: { type: 'string', default: '3240' },
  bind: { type: 'string', default: '127.0.0.1' },
  'control-port': { type: 'string' },
});
await run('touchstone-usbip', options, (token) => {
  const server = new UsbIpServer(token);
  return { start: () => server.listen(Number(options.port), options.bind) };
});
