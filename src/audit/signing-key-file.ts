import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SigningKey } from './domain/signed-head.js';

/** The key in the file; made there at the first start. Only its owner may read it. @throws Error for another file */
export function signingKeyOf(file: string): SigningKey {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    const { privateKey } = generateKeyPairSync('ed25519');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(file, pem, { mode: 0o600, flag: 'wx' });
  }
  try {
    return new SigningKey(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} has no signing key: ${(error as Error).message}`, { cause: error });
  }
}
