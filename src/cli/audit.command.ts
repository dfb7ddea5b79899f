import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { lackingIn } from '../audit/domain/signed-head.js';
import { type Proof, refusalOf } from '../audit/proofs.js';
import { doubledName } from './doubled-name.js';
import { print } from './standard-output.js';
import { ofNamed } from './tool.js';
import { trustedKeyOption } from './trusted-key.js';

export function auditCommand(): Command {
  return new Command('audit').description('checks what the ledger says of its own log').addCommand(
    new Command('check-proof')
      .description('checks a proof of inclusion or consistency with nothing but the proof itself')
      .argument('<file>', 'as /v1/audit/proof or /v1/audit/consistency answered')
      .addOption(trustedKeyOption('the key that is trusted'))
      .option('--json', 'print the outcome as JSON')
      .action((file: string, { publicKey, json }: { publicKey?: string; json?: boolean }) => {
        const refusal = check(file, publicKey);
        if (refusal !== undefined) process.exitCode = 1;
        const outcome = { holds: refusal === undefined, ...(refusal !== undefined && { refusal }) };
        print(json ? JSON.stringify(outcome) : (refusal ?? 'the proof holds'));
      }),
  );
}

function check(file: string, publicKey: string | undefined): string | undefined {
  const text = ofNamed(file, (name) => readFileSync(name, 'utf8'));
  const proof = parsed(text);
  if (!isProof(proof)) return `${file} is no proof of inclusion or consistency`;
  const doubled = doubledName(text);
  if (doubled !== undefined) return `${file} is no proof: it has ${doubled} twice in one object`;
  try {
    return refusalOf(proof, publicKey);
  } catch (error) {
    return `${file} is no proof: ${(error as Error).message}`;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** In just the form of docs/audit.md: a reader that made sense of more would find more proofs to hold than others do. */
function isProof(value: unknown): value is Proof {
  const { kind, head, path, event, leafIndex, from } = (value ?? {}) as Record<string, unknown>;
  if (!isHead(head) || !Array.isArray(path) || !path.every(isHash)) return false;
  return kind === 'inclusion'
    ? isNumber(leafIndex) && typeof event === 'object' && event !== null
    : kind === 'consistency' && isTree(from);
}

function isHead(value: unknown): boolean {
  return isTree(value) && lackingIn(value as object) === undefined;
}

function isTree(value: unknown): boolean {
  const { treeSize, rootHash } = (value ?? {}) as Record<string, unknown>;
  return isNumber(treeSize) && isHash(rootHash);
}

function isNumber(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isHash(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}
