import { hash } from 'node:crypto';

/** Namespace of the ledger's event ids. */
const NAMESPACE = Buffer.from('5f0d6a3e6c554d0b9c1e7f3b1c1f7a52', 'hex');

/** A UUID v5 (RFC 9562, 5.5) of a text, in the ledger's namespace unless told otherwise. */
export function eventId(text: string, namespace = NAMESPACE): string {
  const bytes = hash('sha1', Buffer.concat([namespace, Buffer.from(text)]), 'buffer');
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
