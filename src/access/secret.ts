import { createHmac, hash as digest, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

const PREFIX = 'tbk';
const ID_LENGTH = 12;
const SECRET_BYTES = 32;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

export const KEY_ID = /^[a-z0-9]{12}$/;
const KEY = /^tbk_([a-z0-9]{12})_([0-9a-f]{64})$/;

/** A new key: its id, by which people know it, and the secret that only its holder has. */
export function newKey(): { readonly keyId: string; readonly secret: string } {
  const letters = Array.from({ length: ID_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]);
  return { keyId: letters.join(''), secret: randomBytes(SECRET_BYTES).toString('hex') };
}

/** The key as it is handed out: `tbk_<keyId>_<secret>`. */
export function keyText(keyId: string, secret: string): string {
  return `${PREFIX}_${keyId}_${secret}`;
}

/** What of a key may be shown. */
export function keyPrefix(keyId: string): string {
  return `${PREFIX}_${keyId}`;
}

/** The parts of a well-formed key. */
export function readKey(text: string): { keyId: string; secret: string } | undefined {
  const [, keyId, secret] = KEY.exec(text) ?? [];
  return keyId === undefined || secret === undefined ? undefined : { keyId, secret };
}

/**
 * What is kept of a secret. A slow hash with salt is for passwords, which can be guessed; these are 256 random bits,
 * which can't, so that one SHA-256 is as safe and costs a request nothing.
 */
export function hashOf(secret: string): string {
  return digest('sha256', Buffer.from(secret, 'hex'), 'hex');
}

/** Whether this is the secret of which the hash is kept. Takes as long whatever differs. */
export function isSecretOf(hash: string, secret: string): boolean {
  return timingSafeEqual(Buffer.from(hashOf(secret), 'latin1'), Buffer.from(hash, 'latin1'));
}

/**
 * Whether the proof was made of the message by who has the secret: it is the secret, exclusive-or HMAC-SHA256 of the
 * message under the secret's hash. This is the client's proof of SCRAM (RFC 5802, section 3): who reads the log has the
 * hash, and can't sign.
 */
export function isProofOf(hash: string, message: string, proof: string): boolean {
  const mask = createHmac('sha256', Buffer.from(hash, 'hex')).update(message).digest();
  const secret = Buffer.from(proof, 'hex').map((byte, index) => byte ^ (mask[index] ?? 0));
  return isSecretOf(hash, Buffer.from(secret).toString('hex'));
}
