import { hash } from 'node:crypto';

/** Namespace of the ledger's event ids. */
const NAMESPACE = Buffer.from('5f0d6a3e6c554d0b9c1e7f3b1c1f7a52', 'hex');

/** A UUID v5 (RFC 9562, 5.5) of a text, in the ledger's namespace unless told otherwise. */
export function eventId(text: string, namespace = NAMESPACE): string {
  const bytes = Buffer.allocUnsafe(namespace.length + Buffer.byteLength(text));
  namespace.copy(bytes);
  bytes.write(text, namespace.length);
  const hex = hash('sha1', bytes, 'hex');
  const variant = ((parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
