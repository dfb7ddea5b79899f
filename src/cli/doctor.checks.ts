import { accessSync, constants, existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { keyFileOf, keyIn } from '../audit/signing-key-file.js';
import type { Settings } from '../config.js';
import type { EventStore, StoredEvent } from '../event-store/event-store.js';
import { glanceAtLog, isHeld, ownedFolder, ownerOf } from '../event-store/open-event-store.js';
import { isFolder, withoutPassword } from '../event-store/store-url.js';
import { timeText } from '../ledger/clock.js';
import { batchName } from '../ledger/domain/request-name.js';
import { decodeProvenance } from '../ledger/event-codec.js';
import { ALL_PROJECTIONS } from '../projections/all-projections.js';
import { batchesProjection } from '../projections/batches.projection.js';
import { BatchesView } from '../projections/batches.view.js';
import { namingDamage } from '../projections/file-faults.js';
import { requestsProjection } from '../projections/requests.projection.js';
import { RequestsView } from '../projections/requests.view.js';
import { askLive, damageOf, liveCheckpoint } from '../projections/view-file.js';

/** One thing that was looked at. */
export interface Finding {
  readonly what: string;
  readonly mark: 'ok' | 'warn' | 'fault';
  readonly detail: string;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** A service that is well says how it is within two seconds. */
const PATIENCE_MS = 5_000;
const GIB = 2 ** 30;

/** Views of a running service are behind by less than this. */
const BEHIND_EVENTS = 10_000;

const ok = (what: string, detail: string): Finding => ({ what, mark: 'ok', detail });
const warn = (what: string, detail: string): Finding => ({ what, mark: 'warn', detail });
export const fault = (what: string, detail: string): Finding => ({ what, mark: 'fault', detail });

export function settingsFinding({ EVENT_STORE_URL, VIEWS_DIR, AUTH, SANDBOX }: Settings): Finding {
  const detail = `${withoutPassword(EVENT_STORE_URL)}, views in ${VIEWS_DIR}, AUTH=${AUTH}`;
  return SANDBOX === 'on' ? warn('settings', `${detail}, SANDBOX=on`) : ok('settings', detail);
}

/** Who has the folder, and what its service says of itself. */
export async function serviceFindings({
  EVENT_STORE_URL,
  VIEWS_DIR,
}: Settings): Promise<Finding[]> {
  const folder = ownedFolder(EVENT_STORE_URL, VIEWS_DIR);
  const owner = ownerOf(folder);
  if (!owner) {
    return isHeld(folder)
      ? [warn('service', 'a process has the folder, and says not who')]
      : [ok('service', 'none runs on this folder')];
  }
  if (owner.url === undefined)
    return [warn('service', `process ${owner.pid} has the folder, and serves nothing`)];
  const service = `process ${owner.pid} serves ${owner.url}`;
  let parts: readonly ReadyPart[];
  try {
    parts = await readinessOf(owner.url);
  } catch (error) {
    return [fault('service', `${service}, which does not answer: ${(error as Error).message}`)];
  }
  const unready = parts.filter(({ status }) => status === 'not-ready');
  return [
    ok('service', service),
    ...unready.map(({ name, reason }) => fault(name, reason ?? 'not ready')),
  ];
}

/** @throws Error with why there is no answer */
async function readinessOf(url: string): Promise<ReadyPart[]> {
  const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(PATIENCE_MS) });
  const { parts = [] } = (await answer.json()) as { parts?: ReadyPart[] };
  return parts;
}

/** What the ledger takes for now, in epoch milliseconds: the clock of a sandbox that has the folder, or the machine's. */
export async function ledgerTime({
  EVENT_STORE_URL,
  VIEWS_DIR,
  LEDGER_KEY,
}: Settings): Promise<number> {
  const url = ownerOf(ownedFolder(EVENT_STORE_URL, VIEWS_DIR))?.url;
  if (url === undefined) return Date.now();
  try {
    const headers = { ...(LEDGER_KEY !== '' && { authorization: `Bearer ${LEDGER_KEY}` }) };
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(`${url}/v1/sandbox/clock`, { headers, signal });
    if (answer.ok) return Date.parse(((await answer.json()) as { now: string }).now);
  } catch {
    // That it does not answer is told of the service.
  }
  return Date.now();
}

interface ReadyPart {
  readonly name: string;
  readonly status: string;
  readonly reason?: string;
}

/** What the embedded store's own look at its start would find; a server keeps its log itself. */
export async function logFindings(
  store: EventStore,
  { EVENT_STORE_URL }: Settings,
): Promise<Finding[]> {
  const head = await store.head();
  const reached = ok('store', `reached; the log's head is ${head}`);
  if (!isFolder(EVENT_STORE_URL)) return [reached];
  const damage = glanceAtLog(EVENT_STORE_URL);
  return [
    reached,
    damage === undefined
      ? ok(
          'log',
          `${Number(head)} events, undamaged as far as a start looks; \`ledger verify\` reads all`,
        )
      : fault('log', `${damage}; nothing repairs it, a backup brings it back`),
  ];
}

/** Whether each view's file is whole, how far it is behind the log, and whether it is of this version. */
export async function viewFindings(
  store: EventStore,
  { VIEWS_DIR, EVENT_STORE_URL }: Settings,
): Promise<Finding[]> {
  const damages = ALL_PROJECTIONS.map((view) => damageOf(VIEWS_DIR, view));
  const checkpoints = ALL_PROJECTIONS.map((view, index) =>
    damages[index] === undefined ? liveCheckpoint(VIEWS_DIR, view) : undefined,
  );
  // Asked for behind the views, which a running service moves on.
  const head = await store.head();
  const newest = Math.max(0, ...checkpoints.map((there) => there?.events ?? 0));
  return ALL_PROJECTIONS.map(({ name }, index) => {
    const what = `view ${name}`;
    const damage = damages[index];
    if (damage !== undefined) return fault(what, damage);
    const there = checkpoints[index];
    if (!there) {
      return warn(what, 'is built at the next start: there is none of this version');
    }
    const { events, position } = there;
    if (position > head) {
      return fault(what, `has seen the log up to ${position}, and it ends at ${head}`);
    }
    if (position === head) return ok(what, `${events} events, up with the log`);
    const behind = (isFolder(EVENT_STORE_URL) ? Number(head) : newest) - events;
    const detail = `${behind} events behind, at position ${position}`;
    return behind < BEHIND_EVENTS ? ok(what, detail) : warn(what, detail);
  });
}

export async function diskFinding(what: string, folder: string): Promise<Finding> {
  if (!existsSync(folder)) return warn(what, `${folder} is not there yet`);
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const detail = `${(free / GIB).toFixed(1)} GiB free in ${folder}`;
  if (free < GIB / 10) return fault(what, detail);
  if (!mayWrite(folder)) return warn(what, `${detail}, which this user can't write to`);
  return free < GIB ? warn(what, detail) : ok(what, detail);
}

function mayWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The key that signs the trail: a start makes one where there is none, and ends at a file that is something else. */
export function keyFinding(settings: Settings): Finding {
  const file = keyFileOf(settings);
  try {
    return ok('key', `${file}, whose public key is ${keyIn(file).publicKey}`);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return warn('key', `${file} is made at the next start`);
    if (code === 'EACCES') return warn('key', `not known: ${message}`);
    return fault('key', `${file} holds no Ed25519 key: ${message}`);
  }
}

/** A clock behind what was recorded last has been set back, or another node's is ahead. */
export async function clockFinding(store: EventStore, now: number): Promise<Finding> {
  const [last] = await store.readAll({ limit: 1, backwards: true });
  const time = timeText(now);
  const ahead = last ? recordedAt(last) - now : 0;
  if (!(ahead > SECOND_MS)) return ok('clock', time);
  const detail = `${time} is ${Math.round(ahead / 1_000)} s before the last event was recorded`;
  return ahead > MINUTE_MS ? fault('clock', detail) : warn('clock', detail);
}

/** Epoch milliseconds; NaN of an event that nobody can read, which is a fault of the views that stop at it. */
function recordedAt(stored: StoredEvent): number {
  try {
    return Date.parse(decodeProvenance(stored).recordedAt);
  } catch {
    return NaN;
  }
}

const NO_VIEW = 'not known: there is no view of them of this version';

/** Batches past their cut-off, as their view has them. `now`: by the ledger's clock. */
export function batchesFinding({ VIEWS_DIR }: Settings, now: number): Finding {
  const open = askLive(VIEWS_DIR, batchesProjection, (database) =>
    namingDamage(database.name, () => new BatchesView(database).live()),
  );
  if (!open) return warn('batches', NO_VIEW);
  const overdue = open.filter(
    ({ endsAt, status }) => status === 'closing' || (endsAt !== null && Date.parse(endsAt) < now),
  );
  const names = overdue.slice(0, 3).map(batchName);
  return overdue.length === 0
    ? ok('batches', `${open.length} open, none overdue`)
    : warn(
        'batches',
        `${overdue.length} of ${open.length} overdue or closing: ${names.join(', ')}`,
      );
}

/** Requests that wait for their outcome, as their view has them. */
export function requestsFinding({ VIEWS_DIR }: Settings, now: number): Finding {
  const undecided = askLive(VIEWS_DIR, requestsProjection, (database) =>
    namingDamage(database.name, () => new RequestsView(database).undecided(now - MINUTE_MS)),
  );
  if (!undecided) return warn('requests', NO_VIEW);
  return undecided.length === 0
    ? ok('requests', 'none waits for its outcome')
    : warn(
        'requests',
        `${undecided.length} have waited for a minute: ${undecided.slice(0, 3).join(', ')}`,
      );
}
