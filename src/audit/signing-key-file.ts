import { generateKeyPairSync, randomUUID } from 'node:crypto';
import {
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  closeSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type Settings, SettingsError } from '../config.js';
import { SigningKey } from './domain/signed-head.js';
import { StoreUnavailableError } from '../event-store/event-store.js';
import { makeFolder } from '../event-store/make-folder.js';
import { ownedFolder } from '../event-store/open-event-store.js';

const NO_ROOM = new Set(['ENOSPC', 'EDQUOT']);

/** Where the key of these settings is, or is to be made. */
export function keyFileOf({ AUDIT_KEY_FILE, EVENT_STORE_URL, VIEWS_DIR }: Settings): string {
  return AUDIT_KEY_FILE || join(ownedFolder(EVENT_STORE_URL, VIEWS_DIR), 'audit-key.pem');
}

/**
 * The key in the file; made there at the first start. Only its owner may read it. Nodes that start at once on one file get
 * one key. @throws SettingsError for another file, and where none can be made; StoreUnavailableError where there is no room for it
 */
export function signingKeyOf(file: string): SigningKey {
  try {
    if (!existsSync(file)) make(file);
    return keyIn(file);
  } catch (error) {
    const { code = '', message: why } = error as NodeJS.ErrnoException;
    if (NO_ROOM.has(code)) {
      throw new StoreUnavailableError(`there is no room for ${file}: ${why}`, 'not-done');
    }
    throw new SettingsError(
      `AUDIT_KEY_FILE is '${file}'; allowed: a file with an Ed25519 key, or one to be made (${why})`,
    );
  }
}

/** @throws Error of the file system, or where there is something else in it */
export function keyIn(file: string): SigningKey {
  return new SigningKey(readFileSync(file, 'utf8'));
}

/** The file is there with all that is in it, or not at all; another's that came first stays. */
function make(file: string): void {
  makeFolder(dirname(file));
  const { privateKey } = generateKeyPairSync('ed25519');
  const made = `${file}.${randomUUID()}`;
  const descriptor = openSync(made, 'wx', 0o600);
  try {
    writeFileSync(descriptor, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    fsyncSync(descriptor);
    linkSync(made, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    closeSync(descriptor);
    rmSync(made);
  }
}
