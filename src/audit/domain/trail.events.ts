/** A head of the tree over the log, and who vouches for it. */
export interface SignedHead {
  /** How many events the tree has, from the first of the log. */
  readonly treeSize: number;
  /** The root's hash (RFC 9162), in hexadecimal. */
  readonly rootHash: string;
  /** Of the public key: SHA-256 in hexadecimal. */
  readonly keyId: string;
  /** Ed25519, 32 bytes in base64. */
  readonly publicKey: string;
  /** Ed25519 over the canonical JSON of keyId, occurredAt, rootHash and treeSize; base64. */
  readonly signature: string;
  readonly occurredAt: string;
}

/** Of the log itself: what was signed of it, and what operators have decided about the views of it. */
export type TrailEvent =
  | { readonly type: 'HeadSigned'; readonly data: SignedHead }
  | {
      readonly type: 'EventSkipped';
      readonly data: {
        readonly projection: string;
        /** The event that the view leaves out, wherever it stands: another store gives other positions. */
        readonly eventId: string;
        readonly eventType: string;
        /** Where it stood when this was decided. */
        readonly position: string;
        readonly reason: string;
        readonly operatorId?: string;
        readonly occurredAt: string;
      };
    };
