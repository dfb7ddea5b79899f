import {
  binaryEvent,
  type EventData,
  jsonEvent,
  type KurrentDBClient,
  type RecordedEvent,
} from '@kurrent/kurrentdb-client';
import {
  CorruptLogError,
  type NewEvent,
  type Position,
  START,
  type StoredEvent,
  toPosition,
} from '../event-store.js';
import { refuseUnstorable } from '../storable.js';

type ReadPage<I> = I extends AsyncIterable<infer Page> ? Page : never;
type Resolved = ReadPage<ReturnType<KurrentDBClient['rustClient']['readAll']>>[number];

/** An event as the server gives it, its texts as bytes. */
export type ReadEvent = Resolved['event'] & object;

/** A place as the server counts it: bytes of its log. */
export interface LogPosition {
  readonly commit: bigint;
  readonly prepare: bigint;
}

/**
 * The event as the client sends it. It is marked as JSON, so that the server's own tools can show it and follow
 * `$correlationId`, where the client's writing of it gives the same text: so it does for canonical JSON. Any other
 * text goes as the bytes that it is.
 * @throws TypeError for what can't be stored as it is
 */
export function proposed({ id, type, data, metadata }: NewEvent): EventData {
  refuseUnstorable(id, type, data, metadata);
  if (plain(metadata) === undefined) throw new TypeError('metadata that is no canonical JSON');
  const raw = bytes(metadata);
  const content = plain(data);
  return content === undefined
    ? binaryEvent({ id, type, data: bytes(data), metadata: raw })
    : jsonEvent({ id, type, data: content, metadata: raw });
}

/** The value of a JSON text that JSON.stringify gives again, letter for letter. */
function plain(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as Record<string, unknown>;
    return JSON.stringify(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A plain array: the client takes a Buffer's class for something else. */
function bytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'utf8'));
}

/**
 * A subscription gives JSON parsed: `proposed` saw to it that nothing is lost. Of metadata that are empty it gives nothing.
 * @throws CorruptLogError for an event that this ledger can't have written
 */
export function stored(event: ReadEvent | RecordedEvent): StoredEvent {
  const { streamId: stream, id, type, revision, position } = event;
  return {
    position: ownPosition(stream, position),
    stream,
    revision: Number(revision),
    id,
    type,
    data: text(event.data),
    metadata: text(event.metadata),
  };
}

function text(content: unknown): string {
  if (content === undefined) return '';
  if (!ArrayBuffer.isView(content)) return JSON.stringify(content);
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('utf8');
}

/**
 * The twenty digits of an event's place. One that an explicit transaction has written shares its commit with
 * others of it; no client of the ledger opens one.
 */
export function ownPosition(stream: string, position: LogPosition | undefined): Position {
  if (position && position.commit === position.prepare) return toPosition(position.commit);
  const where = position ? `${position.commit}/${position.prepare}` : 'no position';
  throw new CorruptLogError(`an event of ${stream} at ${where} was written by a transaction`);
}

/** The server's own form of a position. */
export function logPosition(position: Position): LogPosition | 'start' {
  if (position === START) return 'start';
  const place = BigInt(position);
  return { commit: place, prepare: place };
}
