import type { Observable } from 'rxjs';

/** A place in the log: twenty digits, so that positions compare as strings on every store. */
export type Position = string & { readonly unit: 'position' };

/** Where a reader that has seen nothing stands: before the first event. */
export const START = '00000000000000000000' as Position;

export const POSITION_DIGITS = START.length;

const POSITION = new RegExp(`^\\d{${POSITION_DIGITS}}$`);

export function isPosition(text: string): text is Position {
  return POSITION.test(text);
}

/** The position of the number that the store itself counts with. */
export function toPosition(value: number | bigint | string): Position {
  return String(value).padStart(POSITION_DIGITS, '0') as Position;
}

/** Of a text, with or without its leading zeros; undefined for one that is no position. */
export function parsePosition(text: string): Position | undefined {
  const position = /^\d+$/.test(text) ? toPosition(text) : text;
  return isPosition(position) ? position : undefined;
}

/** Events of a page of the log, unless it is asked for otherwise. */
export const PAGE = 1_000;

/** What a stream must look like for an append to happen: its last revision (from 0), or nothing at all. */
export type ExpectedRevision = number | 'no-stream' | 'any';

/** An event to be stored. `data` and `metadata` are JSON texts, stored byte for byte. */
export interface NewEvent {
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

export interface StoredEvent extends NewEvent {
  readonly position: Position;
  readonly stream: string;
  /** From 0, without gaps, within the stream. */
  readonly revision: number;
}

export interface Appended {
  /** Position and revision of the last event of the append. */
  readonly position: Position;
  readonly revision: number;
  /** True when just these events (by id) stood there already, so that nothing was written. */
  readonly repeated: boolean;
}

export interface ReadAllOptions {
  /** Only events behind this position; from the start (or the end, backwards) without it. */
  readonly after?: Position | undefined;
  readonly limit: number;
  readonly backwards?: boolean;
  /** Only events of streams that begin with one of these. */
  readonly prefixes?: readonly string[];
}

/** An append that may have happened is in the log, or not, for so long at the most before that is known. */
export const SETTLED_WITHIN_MS = 15_000;

/**
 * The log of all facts. An append is answered only when it is on disk.
 * Ids are compared within a stream, data is not: an exact repeat at its old revision is a success.
 */
export interface EventStore {
  /** Whether other processes may write to the log, too. */
  readonly isShared: boolean;

  /**
   * Calls made one after the other in the same turn enter the log in that order; on a server, where the connection is made
   * anew between them, only those to the same stream.
   * @throws ConflictError the stream is elsewhere, and can be read as far as that by then; StoreUnavailableError nothing
   * or nothing known happened.
   */
  append(
    stream: string,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
  ): Promise<Appended>;

  /** The events of a stream in order, from this revision on, `most` of them; empty when there is no such stream, or nothing there. */
  readStream(stream: string, from?: number, most?: number): Promise<StoredEvent[]>;

  /** One page of the whole log. @throws NoSuchPositionError where a store can tell that nothing was ever there */
  readAll(options: ReadAllOptions): Promise<StoredEvent[]>;

  /**
   * Everything behind `after`, or from the start, in pages of so many events, to where the log ends when this begins: who
   * writes faster than this is read would never let it end. For whoever goes through all of it: a server reads ahead,
   * and goes on holding that for one who stops early.
   * @throws as readAll
   */
  pages(after?: Position, size?: number): AsyncIterable<StoredEvent[]>;

  /** The event at just this position, if there is one. */
  at(position: Position): Promise<StoredEvent | undefined>;

  /** Position of the last event, START for an empty log. */
  head(): Promise<Position>;

  /** Everything behind `after` in pages, then what comes, for as long as it is subscribed. */
  subscribe(after: Position): Observable<StoredEvent[]>;

  close(): Promise<void>;
}

/** What of a page is not behind the position. */
export function upTo(position: Position, page: StoredEvent[]): StoredEvent[] {
  const isWhole = (page.at(-1)?.position ?? position) <= position;
  return isWhole ? page : page.filter((event) => event.position <= position);
}

/** The store's name where it is injected. */
export const EVENT_STORE = Symbol('EventStore');

/** The stream was not at the expected revision. `actual` is undefined when there is no stream. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
  constructor(
    readonly stream: string,
    readonly expected: ExpectedRevision,
    readonly actual: number | undefined,
  ) {
    super(`stream ${stream} is at revision ${actual ?? 'none'}, expected ${expected}`);
  }
}

/** The store can't be reached or can't write. `outcome` says whether the append may have happened. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  constructor(
    message: string,
    readonly outcome: 'not-done' | 'unknown',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What was to be written at once is more than the store takes: nothing of it was, however often it is sent. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

/** A position that no event of the log has, where the store must know one to read on from there. */
export class NoSuchPositionError extends Error {
  override readonly name = 'NoSuchPositionError';
  constructor(readonly position: Position) {
    super(`the log has nothing at position ${position}`);
  }
}

/** The log or a view's file is not what was written. Stops the start; nothing is repaired. */
export class CorruptLogError extends Error {
  override readonly name = 'CorruptLogError';
}
