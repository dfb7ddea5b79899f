import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { makeFolders, readSettings, SettingsError } from '../../src/config.js';
import { folderOf } from '../../src/event-store/store-url.js';
import { newFolder } from '../support/store-folder.js';

const STORES =
  'file:<folder>, or kurrentdb:// (esdb://) with [user:password@]host:port and options';

describe('settings', () => {
  test('have defaults that start a service for this machine alone', () => {
    expect({ ...readSettings({}) }).toEqual({
      EVENT_STORE_URL: 'file:./data',
      VIEWS_DIR: './data',
      HOST: '127.0.0.1',
      PORT: 3_000,
      AUTH: 'off',
      SANDBOX: 'off',
      LOG_LEVEL: 'info',
      AUDIT_KEY_FILE: '',
      LEDGER_KEY: '',
      REQUESTS_PER_KEY: 60_000,
      REFUSED_PER_SALE: 20,
      REFUSED_PER_TERMINAL: 200,
      REQUEST_TIMEOUT_SECONDS: 30,
      PAYER_NAME: '',
      PAYER_ACCOUNT: '',
      PAYER_BIC: '',
    });
  });

  test('that are set and empty count as not set', () => {
    expect(readSettings({ PORT: '', SANDBOX: '', HOST: '' })).toEqual(readSettings({}));
  });

  test.each([
    ['EVENT_STORE_URL', 'file:/var/lib/tillbook'],
    ['EVENT_STORE_URL', 'kurrentdb://localhost:2113?tls=false'],
    ['EVENT_STORE_URL', 'esdb+discover://a,b,c:2113'],
    ['VIEWS_DIR', '/var/lib/views'],
    ['HOST', 'localhost'],
    ['HOST', '::1'],
    ['HOST', '127.1.2.3'],
    ['SANDBOX', 'on'],
    ['LOG_LEVEL', 'silent'],
  ])('%s may be %s', (name, value) => {
    expect(readSettings({ [name]: value })).toMatchObject({ [name]: value });
  });

  test.each(['0', '80', '65535'])('PORT may be %s', (port) => {
    expect(readSettings({ PORT: port }).PORT).toBe(Number(port));
  });

  test.each(['1', '86400'])('REQUEST_TIMEOUT_SECONDS may be %s', (seconds) => {
    const settings = readSettings({ REQUEST_TIMEOUT_SECONDS: seconds });
    expect(settings.REQUEST_TIMEOUT_SECONDS).toBe(Number(seconds));
  });

  test.each([
    ['EVENT_STORE_URL', './data', STORES],
    ['EVENT_STORE_URL', 'http://localhost', STORES],
    ['EVENT_STORE_URL', 'file:', STORES],
    ['PORT', 'http', 'a whole number from 0 to 65535'],
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['PORT', '-1', 'a whole number from 0 to 65535'],
    ['PORT', '80.5', 'a whole number from 0 to 65535'],
    ['PORT', '0x50', 'a whole number from 0 to 65535'],
    ['PORT', '1e3', 'a whole number from 0 to 65535'],
    ['AUTH', 'none', 'off or keys'],
    ['SANDBOX', 'yes', 'on or off'],
    ['PAYER_BIC', 'BANK', 'a BIC'],
    ['REQUEST_TIMEOUT_SECONDS', '0', 'a whole number from 1 to 86400'],
    ['REQUEST_TIMEOUT_SECONDS', '86401', 'a whole number from 1 to 86400'],
    ['EVENT_STORE_URL', `file:${import.meta.filename}`, 'a folder, or one to be made'],
    ['VIEWS_DIR', import.meta.filename, 'a folder, or one to be made'],
    ['VIEWS_DIR', `${import.meta.filename}/views`, 'a folder, or one to be made'],
    ['REFUSED_PER_SALE', 'many', 'a whole number from 0'],
    ['LOG_LEVEL', 'loud', 'one of fatal, error, warn, info, debug, trace, silent'],
  ])('%s may not be %s', (name, value, allowed) => {
    expect(() => readSettings({ [name]: value })).toThrow(
      new SettingsError(`${name} is '${value}'; allowed: ${allowed}`),
    );
  });

  test.each(['0.0.0.0', '::', '192.168.1.5', 'till.example', '127.0.0.1.example', '128.0.0.1'])(
    'AUTH may not be off where HOST is %s, and is not unless it is set',
    (host) => {
      expect(() => readSettings({ HOST: host, AUTH: 'off' })).toThrow(
        `AUTH is 'off'; allowed: keys, since HOST is ${host}`,
      );
      expect(readSettings({ HOST: host }).AUTH).toBe('keys');
    },
  );

  test('who pays is named in full, with an account that can be right', () => {
    const payer = { PAYER_NAME: 'Acquirer', PAYER_ACCOUNT: 'DE89370400440532013000' };
    expect(readSettings(payer)).toMatchObject(payer);
    const reading = (environment: NodeJS.ProcessEnv) => () => readSettings(environment);
    expect(reading({ PAYER_NAME: 'Acquirer' })).toThrow('since PAYER_NAME is set');
    expect(reading({ PAYER_ACCOUNT: '12-345' })).toThrow('since PAYER_ACCOUNT is set');
    expect(reading({ ...payer, PAYER_ACCOUNT: '1'.repeat(34) })).not.toThrow();
    expect(reading({ ...payer, PAYER_ACCOUNT: '1'.repeat(35) })).toThrow('up to 34 letters');
    expect(reading({ ...payer, PAYER_ACCOUNT: 'DE89370400440532013001' })).toThrow(
      'as an IBAN it has wrong check digits',
    );
    expect(reading({ ...payer, PAYER_NAME: 'x'.repeat(140) })).not.toThrow();
    expect(reading({ ...payer, PAYER_NAME: 'x'.repeat(141) })).toThrow('up to 140 characters');
    expect(reading({ ...payer, PAYER_NAME: 'Acquirer\ufffe' })).toThrow(
      'a name without control characters',
    );
  });

  test.each([
    'gb29nwbk60161331926819',
    'GB29 NWBK 6016 1331 9268 19',
    'GB29-NWBK-6016-1331-9268-19',
  ])('the payer’s IBAN is read from %s as files have it', (account) => {
    const payer = { PAYER_NAME: 'Acquirer', PAYER_ACCOUNT: account };
    expect(readSettings(payer).PAYER_ACCOUNT).toBe('GB29NWBK60161331926819');
  });

  test('an account number of the bank’s own is left as it is, and an IBAN in small letters is checked', () => {
    const reading = (account: string) =>
      readSettings({ PAYER_NAME: 'Acquirer', PAYER_ACCOUNT: account }).PAYER_ACCOUNT;
    expect(reading('ab-12-345')).toBe('ab-12-345');
    expect(() => reading('gb29nwbk60161331926810')).toThrow('as an IBAN it has wrong check digits');
  });

  test('SANDBOX may not be on in production', () => {
    expect(() => readSettings({ SANDBOX: 'on', NODE_ENV: 'production' })).toThrow(
      "SANDBOX is 'on'; allowed: off, since NODE_ENV is production",
    );
    expect(readSettings({ SANDBOX: 'on', NODE_ENV: 'test' }).SANDBOX).toBe('on');
  });

  test('that are bad are named all at once, a line each', () => {
    const lines = (): string[] => {
      try {
        readSettings({ PORT: 'x', LOG_LEVEL: 'x', SANDBOX: 'x', HOST: '::', AUTH: 'off' });
        return [];
      } catch (error) {
        return (error as Error).message.split('\n').map((line) => line.split(' ')[0] ?? '');
      }
    };
    expect(lines().sort()).toEqual(['AUTH', 'LOG_LEVEL', 'PORT', 'SANDBOX']);
  });

  test.each(['secret', 'se:cret', 'se/cret', 's@cret'])(
    'that hold a password are named without it: %s',
    (password) => {
      const url = `kurrent://admin:${password}@db.example:2113`;
      expect(() => readSettings({ EVENT_STORE_URL: url })).toThrow(
        "EVENT_STORE_URL is 'kurrent://admin:…@db.example:2113'",
      );
    },
  );
});

describe('the folders that a service writes to', () => {
  test('are made where they are missing, and none for a log that a server has', () => {
    const folder = newFolder();
    const [log, views] = [join(folder, 'log'), join(folder, 'views')];
    makeFolders(readSettings({ EVENT_STORE_URL: `file:${log}`, VIEWS_DIR: views }));
    expect(readdirSync(folder)).toEqual(['log', 'views']);

    const url = 'kurrentdb://db.example:2113';
    makeFolders(readSettings({ EVENT_STORE_URL: url, VIEWS_DIR: views }));
    expect(existsSync(folderOf(url))).toBe(false);
  });

  test('are told where a file system takes none', () => {
    const settings = readSettings({ EVENT_STORE_URL: 'file:/proc/log', VIEWS_DIR: newFolder() });
    expect(() => {
      makeFolders(settings);
    }).toThrow(/^EVENT_STORE_URL is 'file:\/proc\/log'; allowed: a folder that can be written to/);
  });
});
