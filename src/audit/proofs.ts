import { canonicalJson } from '../ledger/canonical-json.js';
import { isConsistent, isIncluded, leafHash } from './domain/merkle.js';
import { isSigned } from './domain/signed-head.js';
import type { SignedHead } from './domain/trail.events.js';

/** That an event is in the log. `event` has data, id, metadata, revision, stream and type. */
export interface InclusionProof {
  readonly kind: 'inclusion';
  readonly event: object;
  readonly leafIndex: number;
  readonly path: readonly string[];
  readonly head: SignedHead;
}

/** That the log of one head is the front of the log of another. */
export interface ConsistencyProof {
  readonly kind: 'consistency';
  readonly from: { readonly treeSize: number; readonly rootHash: string };
  readonly path: readonly string[];
  readonly head: SignedHead;
}

export type Proof = InclusionProof | ConsistencyProof;

/**
 * Checks a proof with nothing but itself and, where given, the public key that is trusted (base64).
 * @returns why it is refused; undefined when it holds
 */
export function refusalOf(proof: Proof, trustedKey?: string): string | undefined {
  const { head, path } = proof;
  if (!isSigned(head)) return 'the head is not signed by the key that it names';
  if (trustedKey !== undefined && head.publicKey !== trustedKey) {
    return 'the head is signed by another key than the one that is trusted';
  }
  const root = bytes(head.rootHash);
  const hashes = path.map(bytes);
  if (proof.kind === 'inclusion') {
    const leaf = leafHash(canonicalJson(proof.event));
    if (isIncluded(leaf, proof.leafIndex, head.treeSize, hashes, root)) return undefined;
    return `the event is not in the log of this head at place ${proof.leafIndex}`;
  }
  const from = { size: proof.from.treeSize, hash: bytes(proof.from.rootHash) };
  if (isConsistent(from, { size: head.treeSize, hash: root }, hashes)) return undefined;
  return 'the log of this head does not begin with the log of the earlier head';
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}
