import { expect, test } from '@jest/globals';
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';

const BENCH = join(import.meta.dirname, '../../bench/bench.js');

/** As few of everything as say anything. */
const SMALL = ['requests 320', 'sales 300', 'closing 400', 'movements 3000', 'events 2000'];

/** Of what is measured over HTTP and of the tool; the rest takes as long again, and processes of its own. */
const FIGURES = [
  ...['salesPerSecond', 'salesToBareNest', 'salesToBareFastify', 'salesAtMillionToEmpty'],
  ...['keyedSalesToBareNest', 'bulkToSingle', 'voidsPerSecond', 'voidabilityReadsPerSecond'],
  ...['settledPerSecond', 'balancesOfManyToFew', 'statementOfManyToFew', 'balancesAsOfToNow'],
  ...['verifyToScan', 'peakMemoryMb'],
];

test('the bench measures what it promises, and writes it to a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tillbook-'));
  try {
    const file = join(folder, 'figures.json');
    const parts = ['sales', 'day-close', 'books', 'verify'];
    const small = SMALL.flatMap((option) => `--${option}`.split(' '));
    const args = [BENCH, '--only', ...parts, '--rounds', '1', ...small, '--json', file];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const figures = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
    expect(FIGURES.filter((name) => !(Number(figures[name]) > 0))).toEqual([]);
    expect(stdout).toMatch(/^salesToBareNest +\d\.\d+ +to reach 0\.6: (yes|no)$/m);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 300_000);

test('a load sends each of its requests once, also where its connections have not all as many', async () => {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      bodies.push(body);
      response.writeHead(201).end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const load = fork(join(import.meta.dirname, '../../bench/load.process.js'));
  try {
    const url = `http://127.0.0.1:${port}`;
    load.send({ url, kind: 'sales', batchNo: '100001', count: 10, connections: 4 });
    await once(load, 'message');
    expect([bodies.length, new Set(bodies).size]).toEqual([10, 10]);
  } finally {
    load.kill();
    server.close();
  }
});
