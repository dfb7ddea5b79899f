import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { ownerOf } from '../../src/event-store/folder-lock.js';
import { HttpClient } from '../support/http-client.js';
import { newFolder, readOnly } from '../support/store-folder.js';
import { ServiceProcess, Tillbook } from '../support/tillbook.js';

/** No file system has such a name. */
const TOO_LONG = `./${'x'.repeat(300)}`;

describe('the start', () => {
  test('stops with exit code 2 at bad settings, and names each', async () => {
    const service = new ServiceProcess({ env: { PORT: 'http', HOST: '0.0.0.0', AUTH: 'off' } });

    expect(await service.exit()).toBe(2);
    expect(service.output.trim().split('\n')).toEqual([
      "PORT is 'http'; allowed: a whole number from 0 to 65535",
      expect.stringMatching(/^AUTH is 'off'; allowed: keys, since HOST is 0.0.0.0/),
    ]);
  });

  test('reads .env in the working directory, and the environment wins', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, '.env'), 'LOG_LEVEL=loud\nSANDBOX=perhaps\n');

    const service = new ServiceProcess({ folder, env: { LOG_LEVEL: 'info', SANDBOX: undefined } });

    expect(await service.exit()).toBe(2);
    expect(service.output.trim()).toBe("SANDBOX is 'perhaps'; allowed: on or off");
  });

  test('on a port that is taken ends with exit code 1 and says so', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };

    const service = new ServiceProcess({ env: { PORT: String(port) } });

    expect(await service.exit()).toBe(1);
    expect(service.output).toContain(`address already in use 127.0.0.1:${port}`);
    expect(service.output).not.toContain('    at ');
    taken.close();
  });

  test.each([
    [{ HOST: '256.1.1.1', AUTH: 'keys' }, /^HOST is '256.1.1.1'; allowed: an address or a host/],
    [
      { EVENT_STORE_URL: `file:${import.meta.filename}` },
      /^EVENT_STORE_URL is 'file:.+'; allowed: a folder/,
    ],
    [{ VIEWS_DIR: `${import.meta.filename}/views` }, /^VIEWS_DIR is '.+'; allowed: a folder/],
    [
      { EVENT_STORE_URL: `file:${TOO_LONG}` },
      /^EVENT_STORE_URL is 'file:.+'; allowed: a folder that can be written to, or made \(ENAME/,
    ],
    [
      { VIEWS_DIR: TOO_LONG },
      /^VIEWS_DIR is '.+'; allowed: a folder that can be written to, or made/,
    ],
    [{ AUDIT_KEY_FILE: '.' }, /^AUDIT_KEY_FILE is '.'; allowed: a file with an Ed25519 key/],
    [
      { AUDIT_KEY_FILE: TOO_LONG },
      /^AUDIT_KEY_FILE is '.+'; allowed: .+, or one to be made \(ENAME/,
    ],
    [{ REQUEST_TIMEOUT_SECONDS: '0' }, /^REQUEST_TIMEOUT_SECONDS is '0'; allowed: a whole number/],
  ])('with %j ends with exit code 2, and names the setting in a line', async (env, told) => {
    const service = new ServiceProcess({ env });

    expect(await service.exit()).toBe(2);
    expect(service.output.trim()).toMatch(told);
    expect(service.output.trim()).not.toContain('\n');
  });

  const folder = readOnly(newFolder());
  if (folder === undefined) {
    test.skip('left out: this process may not mount a folder', () => undefined);
  } else {
    test('on folders that can only be read ends with exit code 2, and names the settings', async () => {
      const service = new ServiceProcess({
        env: { EVENT_STORE_URL: `file:${folder}`, VIEWS_DIR: folder },
      });

      expect(await service.exit()).toBe(2);
      const allowed = /; allowed: a folder that can be written to, or made \(EROFS/;
      const lines = service.output.trim().split('\n');
      expect(lines.map((line) => line.split(allowed)[0])).toEqual([
        `EVENT_STORE_URL is 'file:${folder}'`,
        `VIEWS_DIR is '${folder}'`,
      ]);
    });
  }

  test('on a folder that is in use ends with exit code 1 and names the owner', async () => {
    const first = await Tillbook.start();

    const second = new ServiceProcess({ folder: first.service.folder });

    expect(await second.exit()).toBe(1);
    expect(second.output).toContain(`in use by process ${first.service.pid}`);
    expect(second.output).toContain(first.url);
    expect(second.output).not.toContain('    at ');
    expect((await first.get('/health/ready')).status).toBe(200);
  });

  test('goes on though nobody reads what it says of itself', async () => {
    const service = new ServiceProcess();
    service.closeOutputs();

    const client = new HttpClient(await announced(service.folder));
    const { status } = await client.get('/health/live');
    client.close();
    service.signal('SIGTERM');

    expect(status).toBe(200);
    expect(await service.exit()).toBe(0);
  });

  test('with views in a folder in which another process has its own ends with exit code 1 and names that', async () => {
    const first = await Tillbook.start();
    const env = { VIEWS_DIR: first.service.folder };

    const second = new ServiceProcess({ env });

    expect(await second.exit()).toBe(1);
    expect(second.output).toContain(`${env.VIEWS_DIR} is in use by process ${first.service.pid}`);
    expect(await new ServiceProcess({ folder: second.folder }).listening()).toMatch(/^http:/);
  });

  test('without the sandbox has no sandbox routes, in the document neither', async () => {
    const ledger = await Tillbook.start({ env: { SANDBOX: 'off' }, clock: 'running' });

    const { status } = await ledger.put('/v1/sandbox/clock', { now: '2026-03-02T10:00:00Z' });
    const { body } = await ledger.get('/openapi.json');

    expect(status).toBe(404);
    expect(Object.keys(body.paths).filter((path) => path.includes('sandbox'))).toEqual([]);
  });
});

/** Where a service says, in the folder that it has locked, that it listens. */
async function announced(folder: string): Promise<string> {
  for (;;) {
    const url = ownerOf(folder)?.url;
    if (url !== undefined) return url;
    await setTimeout(10);
  }
}
