import { Command, InvalidArgumentError, Option } from 'commander';
import { DateTime } from 'luxon';
import { SCOPES } from '../access/domain/key.js';
import {
  type AddedKeyAnswer,
  askedHolder,
  type KeyAnswer,
  KeyBody,
  type KeysAnswer,
  renderKey,
  RevokeBody,
} from '../access/keys.dto.js';
import { type Settings, settingsOfProcess } from '../config.js';
import { openEventStoreReader } from '../event-store/open-event-store.js';
import { isTimestamp } from '../ledger/timestamp.js';
import { checked } from './checked.js';
import { keptKeys } from './kept-keys.js';
import { runningService, type Service } from './service.js';
import { print } from './standard-output.js';
import { endWithReader, OPERATOR, requireLog, UsageError, withLedger } from './tool.js';

type AddOptions = Omit<KeyBody, 'merchantId' | 'terminalId' | 'expiresAt'> & {
  readonly merchant?: string;
  readonly terminal?: string;
  readonly expires?: string;
  readonly json?: boolean;
};

/** Each verb through the service that owns the folder, if there is one; else on the ledger itself, which listing only reads. */
export function keysCommand(): Command {
  return new Command('keys')
    .description('API keys: makes, closes and lists them')
    .addCommand(addCommand())
    .addCommand(revokeCommand())
    .addCommand(listCommand());
}

function addCommand(): Command {
  return new Command('add')
    .description('makes a key and shows it, this once')
    .addOption(
      new Option('--scope <scope>', 'what it may do').choices(SCOPES).makeOptionMandatory(),
    )
    .option('--merchant <merchantId>', 'whose it is, for the scopes merchant and terminal')
    .option('--terminal <terminalId>', 'whose it is, for the scope terminal')
    .option('--name <name>', 'what people call it')
    .option('--expires <when>', 'a time (RFC 3339), or so many days from now, as 90d', readExpiry)
    .option('--signed', 'requests are signed with it, and it is never sent')
    .option('--json', 'print it as JSON')
    .action(async ({ merchant, terminal, expires, json, ...rest }: AddOptions) => {
      const asked: KeyBody = {
        ...rest,
        ...(merchant !== undefined && { merchantId: merchant }),
        ...(terminal !== undefined && { terminalId: terminal }),
        ...(expires !== undefined && { expiresAt: expires }),
      };
      const added = await add(checked(KeyBody, asked), settingsOfProcess());
      if (json) print(JSON.stringify(added));
      else print(`${line(added)}\n\n${added.key}\n\nIt is not kept, and not shown again.`);
    });
}

async function add(asked: KeyBody, settings: Settings): Promise<AddedKeyAnswer> {
  const holder = askedHolder(asked);
  if (!holder) {
    throw new UsageError(
      'a terminal key needs --merchant and --terminal, a merchant key --merchant, others neither',
    );
  }
  const service = runningService(settings);
  if (service) return service.send('POST', '/v1/keys', asked);
  const { name, expiresAt, signed: isSigned } = asked;
  return withLedger(async ({ ledger }) => {
    const outcome = await ledger.keys.add({ holder, name, expiresAt, isSigned }, OPERATOR);
    if ('refusal' in outcome) throw new Error(outcome.refusal.detail.en);
    const { key, text, position } = outcome.answer;
    return { ...renderKey(key, position), key: text };
  }, settings);
}

function revokeCommand(): Command {
  return new Command('revoke')
    .description('closes a key for good')
    .argument('<keyId>', 'its id: what stands between tbk_ and the next _')
    .option('--reason <reason>', 'why, for the record')
    .option('--json', 'print it as JSON')
    .action(async (keyId: string, { reason, json }: { reason?: string; json?: boolean }) => {
      const revoked = await revoke(keyId, reason, settingsOfProcess());
      print(json ? JSON.stringify(revoked) : line(revoked));
    });
}

async function revoke(
  keyId: string,
  reason: string | undefined,
  settings: Settings,
): Promise<KeyAnswer> {
  const body = checked(RevokeBody, reason === undefined ? {} : { reason });
  const service = runningService(settings);
  if (service) {
    return service.send('POST', `/v1/keys/${encodeURIComponent(keyId)}/revoke`, body);
  }
  await requireLog(settings);
  return withLedger(async ({ ledger }) => {
    const revoked = await ledger.keys.revoke(keyId, reason, OPERATOR);
    if (!revoked) throw new Error(`there is no key ${keyId}`);
    return renderKey(revoked.key, revoked.position);
  }, settings);
}

function listCommand(): Command {
  return new Command('list')
    .description('every key that was ever made')
    .option('--merchant <merchantId>', 'only those of a merchant and its terminals')
    .option('--json', 'print them as JSON')
    .action(async ({ merchant, json }: { merchant?: string; json?: boolean }) => {
      endWithReader();
      const keys = await list(merchant, settingsOfProcess());
      if (json) print(JSON.stringify(keys));
      else for (const key of keys) print(line(key));
    });
}

async function list(merchantId: string | undefined, settings: Settings): Promise<KeyAnswer[]> {
  const service = runningService(settings);
  if (service) return servedKeys(service, merchantId);
  const store = await openEventStoreReader(settings.EVENT_STORE_URL);
  try {
    const keys = (await keptKeys(store, settings.VIEWS_DIR)).map((key) => renderKey(key));
    return keys.filter((key) => merchantId === undefined || key.merchantId === merchantId);
  } finally {
    await store.close();
  }
}

const PAGE = '1000';

async function servedKeys(service: Service, merchantId: string | undefined): Promise<KeyAnswer[]> {
  const keys: KeyAnswer[] = [];
  let after: string | undefined;
  do {
    const query = new URLSearchParams({
      limit: PAGE,
      ...(merchantId !== undefined && { merchantId }),
      ...(after !== undefined && { after }),
    });
    const page = await service.send<KeysAnswer>('GET', `/v1/keys?${query.toString()}`);
    keys.push(...page.keys);
    after = page.next;
  } while (after !== undefined);
  return keys;
}

function line(key: KeyAnswer): string {
  const { keyId, scope, merchantId, terminalId, name, expiresAt, revokedAt } = key;
  const parts = [keyId, scope, merchantId, terminalId, name && JSON.stringify(name)];
  if (key.signed) parts.push('signed');
  if (expiresAt !== undefined) parts.push(`expires ${expiresAt}`);
  if (revokedAt !== undefined) parts.push(`revoked ${revokedAt}`);
  return parts.filter((part) => part !== undefined).join(' ');
}

function readExpiry(text: string): string {
  const [, days] = /^(\d{1,5})d$/.exec(text) ?? [];
  const time =
    days === undefined
      ? text
      : DateTime.utc()
          .plus({ days: Number(days) })
          .toISO();
  if (isTimestamp(time) && Date.parse(time) > Date.now()) return time;
  throw new InvalidArgumentError('A time to come with a zone, or days as 90d.');
}
