import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { FolderLock } from '../../../src/event-store/folder-lock.js';
import { afterSuite, newFolder } from '../../support/store-folder.js';
import { startTool } from '../../support/tool.js';

/** Longer than a process lives that a signal ends. */
const MOMENT_MS = 200;

const BUILDING = { name: 'books', status: 'building', events: 1, total: 2 };

/** A service whose rebuild goes on until it is cancelled, and the tool that waits for it; `asked` hears of each request. */
async function rebuilding(asked: (method: string, pressCtrlC: () => void) => Promise<void>) {
  const folder = newFolder();
  const lock = FolderLock.take(folder);
  const methods: string[] = [];
  const server = createServer(({ method = '' }, response) => {
    methods.push(method);
    const pressCtrlC = (): void => {
      tool.signal('SIGINT');
    };
    void asked(method, pressCtrlC).then(() => {
      response.statusCode = method === 'POST' ? 202 : 200;
      const status = method === 'DELETE' ? 'cancelled' : 'building';
      response.end(JSON.stringify({ ...BUILDING, status }));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  afterSuite(() => {
    lock.release();
    server.closeAllConnections();
    return once(server.close(), 'close');
  });
  const { port } = server.address() as AddressInfo;
  lock.announce({ pid: process.pid, url: `http://127.0.0.1:${port}` });
  const tool = startTool(folder, ['rebuild', 'books']);
  return { methods, ...(await tool.run) };
}

test('Ctrl-C cancels a rebuild that the service is just being asked for', async () => {
  const { code, errors, methods } = await rebuilding(async (method, pressCtrlC) => {
    if (method !== 'POST') return;
    pressCtrlC();
    await pause(MOMENT_MS);
  });

  expect([code, errors, methods]).toEqual([130, 'interrupted\n', ['POST', 'DELETE']]);
});

test('Ctrl-C cancels a rebuild on the service, also where it comes twice, as by npm', async () => {
  const { code, errors, methods } = await rebuilding(async (method, pressCtrlC) => {
    if (method === 'POST') return;
    pressCtrlC();
    await pause(MOMENT_MS);
  });

  expect([code, errors, methods]).toEqual([130, 'interrupted\n', ['POST', 'GET', 'DELETE']]);
});
