import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { Appender } from '../../src/event-store/kurrentdb/appender.js';
import { RenewableClient } from '../../src/event-store/kurrentdb/connection.js';
import { LogReads } from '../../src/event-store/kurrentdb/log-reads.js';
import { anEvent } from '../contract/event-store/events.js';
import { freePorts } from '../support/eventstore-process.js';
import { KurrentDbServer, onOwnServer } from '../support/kurrentdb-server.js';

/** As often as it takes on a busy machine. */
const ATTEMPTS = 20;
const REST_MS = 200;

onOwnServer('nodes that were all away for longer than the client looks for one', () => {
  test('are appended to as soon as one of them is there', async () => {
    const ports = await freePorts(2);
    const node = `127.0.0.1:${ports[0]}`;
    // Among several the client looks for one that takes writes.
    const url = `kurrentdb://${node},${node}?tls=false&discoveryInterval=10&maxDiscoverAttempts=2`;
    const client = new RenewableClient(url);
    const appender = new Appender(client, new LogReads(client, ['sale-']));
    const append = () => appender.append('sale-1', 'no-stream', [anEvent()]);

    await expect(append()).rejects.toMatchObject({
      outcome: 'not-done',
      message: expect.stringContaining('Failed to discover'),
    });
    await KurrentDbServer.start({ ports });
    const outcomes: unknown[] = [];
    while (outcomes.length < ATTEMPTS && !hasRevision(outcomes.at(-1))) {
      outcomes.push(await append().catch((error: unknown) => error));
      await pause(REST_MS);
    }
    expect(outcomes.at(-1)).toMatchObject({ revision: 0 });
    await appender.close();
  });
});

function hasRevision(outcome: unknown): boolean {
  return typeof outcome === 'object' && outcome !== null && 'revision' in outcome;
}
