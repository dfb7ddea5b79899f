import {
  Flag,
  FreeText,
  Identifier,
  NestedList,
  OneOf,
  Optional,
  Position,
  Text,
  Timestamp,
} from '../http/fields.js';
import { PageQuery } from '../http/paging.js';
import { type Holder, holderOf, type Key, SCOPES, type Scope } from './domain/key.js';
import { keyPrefix } from './secret.js';

export class KeyBody {
  @OneOf(SCOPES) scope!: Scope;
  @Optional() @Identifier(15) merchantId?: string;
  @Optional() @Identifier(8) terminalId?: string;
  @Optional() @FreeText(140) name?: string;
  @Optional() @Timestamp() expiresAt?: string;
  @Optional() @Flag() signed?: boolean;
}

export class KeyAnswer {
  @Text() keyId!: string;
  @Text() prefix!: string;
  @OneOf(SCOPES) scope!: Scope;
  @Optional() @Identifier(15) merchantId?: string;
  @Optional() @Identifier(8) terminalId?: string;
  @Optional() @Text() name?: string;
  @Flag() signed!: boolean;
  @Timestamp() addedAt!: string;
  @Optional() @Timestamp() expiresAt?: string;
  @Optional() @Timestamp() revokedAt?: string;
  @Optional() @Text() responseCode?: string;
  @Optional() @Position() position?: string;
}

export class AddedKeyAnswer extends KeyAnswer {
  @Text() key!: string;
}

export class KeysAnswer {
  @NestedList(() => KeyAnswer) keys!: KeyAnswer[];
  @Optional() @Text() next?: string;
}

export class KeysQuery extends PageQuery {
  @Optional() @Identifier(15) merchantId?: string;
}

export class KeyPath {
  @Identifier(32) keyId!: string;
}

export class RevokeBody {
  @Optional() @FreeText(256) reason?: string;
}

/** Whose key is asked for; undefined when too much or too little is said for its scope. */
export function askedHolder({ scope, merchantId, terminalId }: KeyBody): Holder | undefined {
  const needs = { terminal: 2, merchant: 1, operator: 0, auditor: 0 }[scope];
  const isWhole =
    (merchantId !== undefined) === needs > 0 && (terminalId !== undefined) === needs > 1;
  if (!isWhole) return undefined;
  return holderOf({
    scope,
    ...(merchantId !== undefined && { merchantId }),
    ...(terminalId !== undefined && { terminalId }),
  });
}

/** A key as it may be shown: nothing to open anything with. */
export function renderKey(key: Key, position?: string): KeyAnswer {
  const { keyId, holder, name, isSigned, addedAt, expiresAt, revokedAt } = key;
  return {
    keyId,
    prefix: keyPrefix(keyId),
    ...holder,
    ...(name !== undefined && { name }),
    signed: isSigned,
    addedAt,
    ...(expiresAt !== undefined && { expiresAt }),
    ...(revokedAt !== undefined && { revokedAt }),
    ...(position !== undefined && { responseCode: '00', position }),
  };
}
