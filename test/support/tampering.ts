import { writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { logLine } from '../../src/audit/domain/log-line.js';
import type { Position, StoredEvent } from '../../src/event-store/event-store.js';
import { toPosition } from '../../src/event-store/event-store.js';
import { checksum, logFile } from '../../src/event-store/sqlite/log-file.js';
import { eventId } from '../../src/ledger/event-id.js';

/** Ways to change a log by hand. Each is done to the events around the one at `at`, an index. */
export const TAMPERINGS = {
  edited: (log, at) =>
    log.with(
      at,
      withData(log[at] as StoredEvent, (data) => data.replace('"4242"', '"6666"')),
    ),
  dropped: (log, at) => log.toSpliced(at, 1),
  swapped: (log, at) =>
    log.with(at, log[at + 1] as StoredEvent).with(at + 1, log[at] as StoredEvent),
  inserted: (log, at) => log.toSpliced(at, 0, copied(log[at] as StoredEvent)),
} satisfies Record<string, (log: readonly StoredEvent[], at: number) => StoredEvent[]>;

export function withData(event: StoredEvent, change: (data: string) => string): StoredEvent {
  return { ...event, data: change(event.data) };
}

/** The same fact about another card. */
function copied(event: StoredEvent): StoredEvent {
  const token = (JSON.parse(event.data) as { token: string }).token;
  const to = (text: string): string => text.replaceAll(token, `${token}x`);
  return { ...event, stream: to(event.stream), data: to(event.data), metadata: to(event.metadata) };
}

/** Makes everything right again that can be made right without the key: positions, revisions and ids. */
export function covered(log: readonly StoredEvent[]): StoredEvent[] {
  const revisions = new Map<string, number>();
  return log.map((event, index) => {
    const revision = (revisions.get(event.stream) ?? -1) + 1;
    revisions.set(event.stream, revision);
    const { $correlationId: request } = JSON.parse(event.metadata) as { $correlationId: string };
    const id = eventId(`${request} ${event.type} ${event.data}`);
    return { ...event, position: toPosition(index + 1), revision, id };
  });
}

/** Writes these rows in place of the log's, each with its right checksum. */
export function rewrite(folder: string, log: readonly StoredEvent[]): void {
  const database = new Database(logFile(folder));
  const insert = database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  database.exec('BEGIN; DELETE FROM events');
  for (const { position, stream, revision, id, type, data, metadata } of log) {
    const sum = checksum(Number(position), { stream, revision, id, type, data, metadata });
    insert.run(Number(position), stream, revision, id, type, data, metadata, sum);
  }
  database.exec('COMMIT');
  database.close();
}

/** Does SQL to the file of a log that nobody has open. */
export function alterLog(folder: string, sql: string): void {
  const database = new Database(logFile(folder));
  database.unsafeMode();
  database.exec(sql);
  database.close();
}

/** Writes them as `ledger export` does. */
export function writeExport(file: string, log: readonly StoredEvent[]): void {
  writeFileSync(file, log.map((event) => `${logLine(event)}\n`).join(''));
}

export function positionAt(index: number): Position {
  return toPosition(index + 1);
}
