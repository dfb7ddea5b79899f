/**
 * Half a surrogate pair has no UTF-8: a text with one would not be read as it was written, and no checksum of it would hold.
 * @throws TypeError
 */
export function refuseUnstorable(...texts: readonly string[]): void {
  if (texts.every((text) => text.isWellFormed())) return;
  throw new TypeError('half a surrogate pair in an event can not be stored');
}
