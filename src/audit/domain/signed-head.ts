import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import type { SignedHead } from './trail.events.js';

/** A log that grows is signed so often, and whenever a batch has closed. */
export const SIGN_EVERY_MS = 60_000;

/** DER in front of the 32 bytes of an Ed25519 public key (RFC 8410). */
const PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

export type UnsignedHead = Pick<SignedHead, 'treeSize' | 'rootHash' | 'occurredAt'>;

/** What is signed: canonical JSON (RFC 8785) of these four. */
function signedText({
  keyId,
  occurredAt,
  rootHash,
  treeSize,
}: Omit<SignedHead, 'publicKey' | 'signature'>): Buffer {
  const text = `{"keyId":"${keyId}","occurredAt":"${occurredAt}","rootHash":"${rootHash}","treeSize":${treeSize}}`;
  return Buffer.from(text, 'utf8');
}

/** The key that signs heads. */
export class SigningKey {
  /** 32 bytes in base64. */
  readonly publicKey: string;
  private readonly key: KeyObject;

  /** @throws Error when it is no Ed25519 private key in PEM */
  constructor(pem: string) {
    this.key = createPrivateKey(pem);
    if (this.key.asymmetricKeyType !== 'ed25519') throw new Error('it is no Ed25519 key');
    const der = createPublicKey(this.key).export({ type: 'spki', format: 'der' });
    this.publicKey = der.subarray(PREFIX.length).toString('base64');
  }

  sign(head: UnsignedHead): SignedHead {
    const { publicKey } = this;
    const named = { ...head, keyId: keyIdOf(publicKey) };
    return {
      ...named,
      publicKey,
      signature: sign(null, signedText(named), this.key).toString('base64'),
    };
  }
}

/** SHA-256 of the 32 bytes, in hexadecimal. */
function keyIdOf(publicKey: string): string {
  return createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex');
}

const TEXTS = ['rootHash', 'keyId', 'publicKey', 'signature', 'occurredAt'] as const;

/** Which field of what is said to be a signed head is none of one; undefined where all are. */
export function lackingIn(head: object): string | undefined {
  const said = head as Record<string, unknown>;
  if (!Number.isSafeInteger(said['treeSize']) || (said['treeSize'] as number) < 0)
    return 'treeSize';
  return TEXTS.find((name) => typeof said[name] !== 'string');
}

/** Whether the key that it names has signed just this. Whether the key is to be trusted is the reader's to know. */
export function isSigned(head: SignedHead): boolean {
  const raw = bytesOf(head.publicKey);
  const signature = bytesOf(head.signature);
  if (!signature || raw?.length !== 32 || keyIdOf(head.publicKey) !== head.keyId) return false;
  const key = createPublicKey({
    key: Buffer.concat([PREFIX, raw]),
    format: 'der',
    type: 'spki',
  });
  return verify(null, signedText(head), key, signature);
}

/** What base64 says. Undefined for what it is never written as: Node reads that, too, where other readers refuse it. */
export function bytesOf(base64: string): Buffer | undefined {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64 ? bytes : undefined;
}
