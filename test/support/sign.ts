import { createHash, createHmac, randomBytes } from 'node:crypto';

export interface SignOptions {
  readonly timestamp?: number;
  readonly nonce?: string;
}

/** The headers of a signed request, as docs/access.md describes it, in a client's own words. */
export function sign(
  key: string,
  method: string,
  path: string,
  body: string,
  options: SignOptions = {},
) {
  const { timestamp = Math.floor(Date.now() / 1_000), nonce = randomBytes(12).toString('hex') } =
    options;
  const [, keyId = '', secretText = ''] = key.split('_');
  const secret = Buffer.from(secretText, 'hex');
  const digest = createHash('sha256').update(body).digest('hex');
  const message = [method, path, timestamp, nonce, digest].join('\n');
  const hmacKey = createHash('sha256').update(secret).digest();
  const mask = createHmac('sha256', hmacKey).update(message).digest();
  const proof = Buffer.from(secret.map((byte, index) => byte ^ (mask[index] ?? 0)));
  return {
    authorization: `Tillbook-HMAC-SHA256 keyId=${keyId},proof=${proof.toString('hex')}`,
    'x-timestamp': String(timestamp),
    'x-nonce': nonce,
  };
}
