import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { signingKeyOf } from '../../../src/audit/signing-key-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tillbook-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('the key is made once, for its owner alone, and nothing else is left', () => {
  const file = join(folder, 'keys', 'audit-key.pem');
  const { publicKey } = signingKeyOf(file);
  expect(signingKeyOf(file).publicKey).toBe(publicKey);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(folder, 'keys'))).toEqual(['audit-key.pem']);
});

test('another file is not taken for a key, and stays as it is', () => {
  const file = join(folder, 'audit-key.pem');
  writeFileSync(file, 'no key');
  expect(() => signingKeyOf(file)).toThrow(`AUDIT_KEY_FILE is '${file}'; allowed: a file with an`);
  expect(statSync(file).size).toBe(6);
});

test('a key of another kind is not taken', () => {
  const file = join(folder, 'audit-key.pem');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  expect(() => signingKeyOf(file)).toThrow('a file with an');
});
