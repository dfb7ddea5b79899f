import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { SettingsError } from '../../../src/config.js';
import { connect, warningsOf } from '../../../src/event-store/kurrentdb/connection.js';
import { KurrentDbEventStore } from '../../../src/event-store/kurrentdb/kurrentdb-event-store.js';
import { FolderLock, ownerOf } from '../../../src/event-store/folder-lock.js';
import { proposed } from '../../../src/event-store/kurrentdb/stored-form.js';
import { STREAM_PREFIXES } from '../../../src/ledger/domain/request-name.js';
import { newFolder } from '../../support/store-folder.js';

describe('a connection string', () => {
  it.each([
    ['a loopback address', 'kurrentdb://admin:changeit@127.0.0.1:2113', []],
    ['the loopback address of IPv6', 'kurrentdb://admin:changeit@[::1]:2113', []],
    [
      'a name that begins as a loopback address does',
      'kurrentdb://admin:changeit@127.db.example',
      [/default credentials/],
    ],
    ['credentials of its own', 'esdb://ledger:s3cret@db.example:2113', []],
    [
      'the default credentials',
      'esdb+discover://admin:changeit@db.example',
      [/default credentials/],
    ],
    [
      'no TLS',
      'kurrentdb://a.example:2113,b.example:2113?tls=false',
      [/TLS off for a.example, b.example/],
    ],
    ['a password of its own', 'kurrentdb://admin:s3cret@db.example', []],
    [
      'one public seed of two',
      'kurrentdb://admin:changeit@localhost,b.example',
      [/default credentials/],
    ],
  ])('with %s is warned about as it deserves', (_, url, warnings) => {
    expect(warningsOf(url)).toEqual(warnings.map((warning) => expect.stringMatching(warning)));
  });

  it('that can not be used leaves the folder of the views free', async () => {
    const viewsDir = newFolder();
    const url = 'kurrentdb://db.example:2113?tlsCaFile=/no/such/file';
    const opened = KurrentDbEventStore.open({ url, prefixes: [], viewsDir, mode: 'inline' });
    await expect(opened).rejects.toThrow(SettingsError);
    expect(ownerOf(viewsDir)).toBeUndefined();
    FolderLock.take(viewsDir).release();
  });

  it.each(['kurrentdb://', 'kurrentdb://user@:x', 'http://127.0.0.1:2113'])(
    'that is none (%s) is refused with what is allowed',
    (url) => {
      expect(() => connect(url)).toThrow(
        /EVENT_STORE_URL is no connection string; allowed: kurrentdb:/,
      );
    },
  );

  it.each([
    ['', '?discoveryInterval=100&maxDiscoverAttempts=10'],
    ['?', '?discoveryInterval=100&maxDiscoverAttempts=10'],
    ['/?tls=false', '/?tls=false&discoveryInterval=100&maxDiscoverAttempts=10'],
    ['?tls=false&', '?tls=false&discoveryInterval=100&maxDiscoverAttempts=10'],
    ['?discoveryInterval=7', '?discoveryInterval=7'],
  ])('that ends with %j has the client look for a server by %j', (end, told) => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const client = jest.spyOn(KurrentDBClient, 'connectionString');
    connect(`kurrentdb://127.0.0.1:2113${end}`);
    expect(client).toHaveBeenCalledWith(`kurrentdb://127.0.0.1:2113${told}`);
    expect(warn).not.toHaveBeenCalled();
    client.mockRestore();
    warn.mockRestore();
  });

  it('gives no password away when it is refused', () => {
    expect(() => connect('kurrentdb://user:s3cret@')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('s3cret') }),
    );
  });

  it.each(['tls=maybe', 'defaultDeadline=abc', 'tlsCAFile=/no/file', 'tls=false&other=1'])(
    'with %s is refused or warned about in one line, without the password',
    (options) => {
      const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
      let told: string;
      try {
        connect(`kurrentdb://user:s3:%2Fs3cret@127.0.0.1:1?${options}`);
        told = String(warn.mock.calls[0]?.[0]);
      } catch (error) {
        expect(error).toBeInstanceOf(SettingsError);
        told = (error as Error).message;
      } finally {
        warn.mockRestore();
      }
      expect(told).toMatch(/^EVENT_STORE_URL.*: .+$/);
      expect(told).not.toMatch(/s3cret|\n/);
    },
  );

  it.each(['user:s3%cret@127.0.0.1:1', 'user:s3#cret@127.0.0.1:1', '127.0.0.1:65536'])(
    'that can’t be read (%s) is refused with what may be wrong with it',
    (authority) => {
      const refused = { message: expect.stringMatching(/can't be used: a port ends at 65535/) };
      const url = `kurrentdb://${authority}?tls=false`;
      expect(() => connect(url)).toThrow(expect.objectContaining(refused));
      expect(() => connect(url)).toThrow(SettingsError);
    },
  );

  it.each(['throwOnAppendFailure=false', 'throwonappendfailure=false'])(
    'that has the client pass over conflicts (%s) is refused',
    (option) => {
      const url = `kurrentdb://127.0.0.1:1?tls=false&${option}`;
      expect(() => connect(url)).toThrow(/throwOnAppendFailure has to be true/);
      expect(() => connect(url.replace(/false$/, 'true'))).not.toThrow();
    },
  );

  it.each(['maxDiscoverAttempts=0', 'maxdiscoverattempts=1'])(
    'that has the client look for no server (%s) is refused',
    (option) => {
      const url = `kurrentdb://127.0.0.1:1?tls=false&${option}`;
      expect(() => connect(url)).toThrow(/maxDiscoverAttempts has to be 2 or more/);
      expect(() => connect(url.replace(/.$/, '2'))).not.toThrow();
    },
  );

  it('sets how long the server may take', () => {
    expect(connect('esdb://127.0.0.1:1?tls=false').deadlineMs).toBe(10_000);
    expect(connect('esdb://127.0.0.1:1?tls=false&defaultDeadline=700').deadlineMs).toBe(700);
  });
});

describe('what is sent to EventStoreDB', () => {
  const event = (data: string, metadata = '{"$correlationId":"M1.T1.000001.000001"}') => ({
    id: 'd7b2f0a4-6f0e-4a54-8f6b-0a6f0d7f5a11',
    type: 'Sale',
    data,
    metadata,
  });

  it('is JSON with its metadata, so that its own tools can follow it', () => {
    const sent = proposed(event('{"amount":100,"card":{"last4":"1234"}}'));
    expect(sent).toMatchObject({ contentType: 'application/json', data: { amount: 100 } });
    expect(Buffer.from(sent.metadata as Uint8Array).toString()).toContain('$correlationId');
  });

  it.each([
    '{"amount":9007199254740993}',
    '{ "amount": 1 }',
    '{"2":"b","10":"a","1":""}',
    'no JSON',
  ])('is the very bytes where JSON would be written differently: %s', (text) => {
    const sent = proposed(event(text));
    expect(sent.contentType).toBe('application/octet-stream');
    expect(Buffer.from(sent.data as Uint8Array).toString()).toBe(text);
  });

  it('is nothing that can not be stored as it is', () => {
    expect(() => proposed(event('"\ud800"'))).toThrow(/surrogate/);
    expect(() => proposed(event('{}', '{ }'))).toThrow(/canonical/);
  });

  it('goes to streams that are read again', () => {
    expect(STREAM_PREFIXES).toEqual(
      expect.arrayContaining(['sale-', 'batch-', 'merchant-', 'card-']),
    );
    expect(STREAM_PREFIXES.every((prefix) => /^[a-z]+-$/.test(prefix))).toBe(true);
  });
});

describe('a promise of the client’s own that nobody has', () => {
  const CONNECTION = join(import.meta.dirname, '../../../dist/event-store/kurrentdb/connection.js');

  it.each([
    ['that no server was found', 'Failed to discover after 10 attempts.', 'goes on'],
    ['anything else', 'a fault of the ledger', ''],
  ])('and that says %s ends the process only where it is no connection’s', (_, message, out) => {
    const script = `
      await import('${CONNECTION}');
      void Promise.reject(new Error('${message}'));
      setTimeout(() => process.stdout.write('goes on'), 50);
    `;
    const args = ['--input-type=module', '--eval', script];
    const run = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect([run.stdout, run.status === 0]).toEqual([out, out !== '']);
  });
});
