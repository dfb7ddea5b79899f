import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Key } from './domain/key.js';
import { Nonces } from './nonces.js';
import { isProofOf } from './secret.js';

/** A request is refused when its own time is further than this from ours. */
const SKEW_MS = 5 * 60_000;

const SCHEME = /^Tillbook-HMAC-SHA256 +(?=\S)/i;
const CREDENTIALS = /^keyId=([a-z0-9]{12})[ \t]*,[ \t]*proof=([0-9a-f]{64})$/;
const NONCE = /^[A-Za-z0-9_-]{16,64}$/;
const TIMESTAMP = /^\d{10}$/;

/** What a signed request says of itself, not yet believed. */
export interface Signature {
  readonly keyId: string;
  readonly proof: string;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly nonce: string;
}

/** With the key that it is judged by: the one that was found when the request began, however long its body takes. */
export interface SignatureOfKey extends Signature {
  readonly key: Key;
}

/** Whether a request says that it is signed: the whole of it is needed then. */
export function claimsSignature({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  return SCHEME.test(headers.authorization ?? '');
}

/** The signature in the headers, if there is a well-formed one. */
export function readSignature({ headers }: FastifyRequest): Signature | undefined {
  const { authorization = '' } = headers;
  if (!SCHEME.test(authorization)) return undefined;
  const [, keyId, proof] = CREDENTIALS.exec(authorization.replace(SCHEME, '')) ?? [];
  const timestamp = headers['x-timestamp'];
  const nonce = headers['x-nonce'];
  if (keyId === undefined || proof === undefined) return undefined;
  if (typeof timestamp !== 'string' || !TIMESTAMP.test(timestamp)) return undefined;
  if (typeof nonce !== 'string' || !NONCE.test(nonce)) return undefined;
  return { keyId, proof, timestamp: Number(timestamp), nonce };
}

/** What is signed: every part on a line of its own, the body as its SHA-256. */
function signedMessage(
  method: string,
  address: string,
  { timestamp, nonce }: Pick<Signature, 'timestamp' | 'nonce'>,
  body: string | Buffer,
): string {
  const digest = createHash('sha256').update(body).digest('hex');
  return [method, address, timestamp, nonce, digest].join('\n');
}

/** What came of a signature: `unproved` also for one that came before. */
export type Verdict = 'admitted' | 'unproved' | { readonly waitSeconds: number };

/** Signed requests that were let in, for as long as their time would let them in again. */
export class Signatures {
  constructor(
    private readonly now: () => number = Date.now,
    private readonly nonces = new Nonces(),
  ) {}

  /** Whether the request was made by the key's holder, about now, and never came before. */
  admit(request: FastifyRequest, signature: SignatureOfKey, body: string | Buffer): Verdict {
    const { key, nonce } = signature;
    const now = this.now();
    const until = signature.timestamp * 1_000 + SKEW_MS;
    if (until < now || until - 2 * SKEW_MS > now) return 'unproved';
    const message = signedMessage(request.method, request.url, signature, body);
    if (!isProofOf(key.hash, message, signature.proof)) return 'unproved';
    const taken = this.nonces.take(key.keyId, nonce, { now, until });
    if (taken === 'new') return 'admitted';
    return taken === 'seen' ? 'unproved' : taken;
  }
}
