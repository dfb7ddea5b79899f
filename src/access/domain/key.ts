/** What the bearer of a key may do: see the table of docs/access.md. */
export const SCOPES = ['terminal', 'merchant', 'operator', 'auditor'] as const;
export type Scope = (typeof SCOPES)[number];

/** Whose key it is: a terminal's and a merchant's are held to what is theirs. */
export type Holder =
  | { readonly scope: 'terminal'; readonly merchantId: string; readonly terminalId: string }
  | { readonly scope: 'merchant'; readonly merchantId: string }
  | { readonly scope: 'operator' | 'auditor' };

interface KeyFact {
  readonly keyId: string;
  readonly occurredAt: string;
}

export type KeyEvent =
  | {
      readonly type: 'KeyAdded';
      readonly data: KeyFact & {
        readonly scope: Scope;
        readonly merchantId?: string;
        readonly terminalId?: string;
        /** What people call it. */
        readonly name?: string;
        /** SHA-256 of the secret, hexadecimal. */
        readonly hash: string;
        /** The secret is never sent: each request carries a proof of it. */
        readonly signed?: true;
        /** RFC 3339. */
        readonly expiresAt?: string;
      };
    }
  | { readonly type: 'KeyRevoked'; readonly data: KeyFact & { readonly reason?: string } };

/** A key as its events left it. */
export interface Key {
  readonly keyId: string;
  readonly holder: Holder;
  readonly name?: string;
  readonly hash: string;
  readonly isSigned: boolean;
  readonly addedAt: string;
  readonly expiresAt?: string;
  readonly revokedAt?: string;
}

/** The state after one more event; undefined stands for a key that was never made. */
export function evolveKey(state: Key | undefined, event: KeyEvent): Key | undefined {
  switch (event.type) {
    case 'KeyAdded': {
      const { keyId, name, hash, signed, expiresAt, occurredAt } = event.data;
      return {
        keyId,
        holder: holderOf(event.data),
        hash,
        isSigned: signed === true,
        addedAt: occurredAt,
        ...(name !== undefined && { name }),
        ...(expiresAt !== undefined && { expiresAt }),
      };
    }
    case 'KeyRevoked':
      return state && { ...state, revokedAt: event.data.occurredAt };
  }
}

/** @throws RangeError for a terminal's or merchant's key without its terminal or merchant */
export function holderOf(data: {
  readonly scope: Scope;
  readonly merchantId?: string;
  readonly terminalId?: string;
}): Holder {
  const { scope, merchantId, terminalId } = data;
  switch (scope) {
    case 'operator':
    case 'auditor':
      return { scope };
    case 'merchant':
      if (merchantId === undefined) break;
      return { scope, merchantId };
    case 'terminal':
      if (merchantId === undefined || terminalId === undefined) break;
      return { scope, merchantId, terminalId };
  }
  throw new RangeError(`a key of scope ${scope} does not say whose it is`);
}

/** Why a key opens nothing at a time in epoch milliseconds; undefined when it does. */
export function closedBy(key: Key, now: number): 'revoked' | 'expired' | undefined {
  if (key.revokedAt !== undefined) return 'revoked';
  return key.expiresAt !== undefined && now >= Date.parse(key.expiresAt) ? 'expired' : undefined;
}
