/** A signed request came that no name of its own would know again: who signed it, and by which nonce. */
export interface SignatureEvent {
  readonly type: 'SignatureUsed';
  readonly data: {
    readonly keyId: string;
    readonly nonce: string;
    /** Of whoever let it in, and nobody else. */
    readonly claim: string;
    /** RFC 3339. */
    readonly occurredAt: string;
  };
}
