import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { lackingIn } from '../audit/domain/signed-head.js';
import type { SignedHead } from '../audit/domain/trail.events.js';
import { type Fault, type FaultCode, MEANINGS } from '../audit/verify/fault.js';
import type { LogSource } from '../audit/verify/log-source.js';
import type { Unsigned } from '../audit/verify/unsigned-tail.js';
import type { Verified } from '../audit/verify/verification.js';
import { verifyLog } from '../audit/verify/verify-log.js';
import { type Settings, settingsOfProcess } from '../config.js';
import { CorruptLogError } from '../event-store/event-store.js';
import { openEventStoreReader } from '../event-store/open-event-store.js';
import { counted } from './counted.js';
import { doubledName } from './doubled-name.js';
import { logProgress } from './log-progress.js';
import { type Progress, startProgress } from './progress.js';
import { spooled } from './spooled.js';
import { print } from './standard-output.js';
import { sizeOf, untilInterrupted, UsageError } from './tool.js';
import { trustedKeyOption } from './trusted-key.js';

interface VerifyOptions {
  readonly head?: string;
  readonly publicKey?: string;
  readonly json?: boolean;
}

export function verifyCommand(): Command {
  return new Command('verify')
    .description('reads the whole log once and checks all of it; also while a service runs')
    .argument('[file]', 'an exported log (NDJSON) instead of the store')
    .option(
      '--head <file>',
      'a signed head that was kept elsewhere: the log must still begin with it',
    )
    .addOption(trustedKeyOption('the only key that may have signed heads'))
    .option('--json', 'print each fault, the result, and progress, as lines of JSON')
    .action(async (file: string | undefined, options: VerifyOptions) => {
      const { faults } = await run(file, options);
      if (faults > 0) process.exitCode = 1;
    });
}

async function run(file: string | undefined, options: VerifyOptions): Promise<Verified> {
  const { publicKey: trustedKey, json = false } = options;
  // Before the log is looked at: what is wrong with the file is told at once.
  const head = options.head === undefined ? undefined : read(options.head);
  const { source, viewsDir, progress } = await (file === undefined
    ? ofStore(json)
    : ofFile(file, json));
  const bytes = { trustedKey, head, viewsDir };
  const meant = new Set<FaultCode>();
  const listener = {
    fault: (fault: Fault) => {
      tell(fault, json, meant);
    },
    done: (count: number) => {
      progress.at(count);
    },
  };
  const check = (signal: AbortSignal) => {
    const verify = (log: LogSource) => verifyLog(log, bytes, listener, signal);
    return 'file' in source
      ? spooled(source.file, signal, (copy) => verify({ file: copy }))
      : verify(source);
  };
  const verified = await untilInterrupted(check).finally(() => {
    progress.end();
  });
  print(json ? JSON.stringify(verified) : summary(verified));
  return verified;
}

/** Which log, what views were built from it, and how far it is read. */
interface Checked {
  readonly source: LogSource;
  readonly viewsDir?: string;
  readonly progress: Progress;
}

async function ofStore(json: boolean): Promise<Checked> {
  const settings = settingsOfProcess();
  const { EVENT_STORE_URL: eventStoreUrl, VIEWS_DIR: viewsDir } = settings;
  return { source: { eventStoreUrl }, viewsDir, progress: await progressOf(settings, json) };
}

/** Of a log that can't be opened: what is wrong with it is told by the check. */
async function progressOf(settings: Settings, json: boolean): Promise<Progress> {
  try {
    const store = await openEventStoreReader(settings.EVENT_STORE_URL);
    try {
      return await logProgress('verify', store, settings, json);
    } finally {
      await store.close();
    }
  } catch (error) {
    if (error instanceof CorruptLogError) return startProgress('verify', 0, json);
    throw error;
  }
}

function ofFile(file: string, json: boolean): Checked {
  return { source: { file }, progress: startProgress('verify, bytes', sizeOf(file), json) };
}

/** @throws UsageError for what is no answer with a signed head */
function read(file: string): SignedHead {
  let content: unknown;
  try {
    const text = readFileSync(file, 'utf8');
    content = JSON.parse(text);
    const doubled = doubledName(text);
    if (doubled !== undefined) throw new Error(`it has ${doubled} twice in one object`);
  } catch (error) {
    throw new UsageError(`${file} has no signed head: ${(error as Error).message}`);
  }
  const head = (content as { head?: unknown } | null)?.head ?? content;
  if (typeof head !== 'object' || head === null) {
    throw new UsageError(`${file} has no signed head`);
  }
  const lacking = lackingIn(head);
  if (lacking === undefined) return head as SignedHead;
  throw new UsageError(`${file} has no signed head: it lacks ${lacking}`);
}

/** What a kind of fault means is told with the first of them. */
function tell(fault: Fault, json: boolean, meant: Set<FaultCode>): void {
  const { code, position, stream, detail } = fault;
  const means = MEANINGS[code];
  if (json) {
    print(JSON.stringify({ ...fault, means }));
    return;
  }
  const where = position === undefined ? 'the log' : `position ${position}`;
  print(`${where}${stream === undefined ? '' : ` (${stream})`}: ${code}: ${detail}`);
  if (!meant.has(code)) print(`    ${means}`);
  meant.add(code);
}

function summary(verified: Verified): string {
  const { events, rootHash, heads, lastTrueHead, unsigned, undecided, skips, faults } = verified;
  const signed = lastTrueHead
    ? `the first ${counted(lastTrueHead.treeSize, 'event')} as signed at position ${lastTrueHead.position}`
    : 'nothing of it signed';
  return [
    `${counted(events, 'event')}, root ${rootHash}`,
    `${counted(heads, 'signed head')}; ${signed}`,
    ...(unsigned ? [unsignedText(unsigned)] : []),
    ...(undecided > 0 ? [`${counted(undecided, 'request')} without an outcome yet`] : []),
    ...skips.map(
      ({ projection, eventType, eventId, reason, position }) =>
        `${projection} leaves out ${eventType} ${eventId}, as decided at position ${position}: ${reason}`,
    ),
    faults === 0 ? 'no faults' : counted(faults, 'fault'),
  ].join('\n');
}

/** No fault: the tool writes without signing, and a service may have been unable to. */
function unsignedText({ events, from, until, isLate }: Unsigned): string {
  const behind = `${counted(events, 'event')} behind all that was signed`;
  if (!isLate) return behind;
  return [
    `note: ${behind}, recorded from ${from} to ${until}.`,
    '    A running service signs every minute and when a batch has closed: heads were taken out, or none ran or could sign then.',
    '    Whether these events are those that were written, only the views show, or a later head that was kept elsewhere (--head).',
  ].join('\n');
}
