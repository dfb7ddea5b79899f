import { setTimeout as pause } from 'node:timers/promises';
import {
  type EventStore,
  type Position,
  START,
  type StoredEvent,
  StoreUnavailableError,
} from '../../event-store/event-store.js';
import { Arrival } from '../arrival.js';
import type { Projection } from '../projection.js';
import { Candidate, type Compared, PAGE, type Place } from './candidate.js';

/** While others write to the log, a rebuild works one part of the time and rests three. */
const REST = 3;

/** A view to be built anew, and where. */
export interface Building {
  readonly projection: Projection;
  readonly place: Place;
}

/** A finished candidate. */
export interface Built {
  readonly name: string;
  readonly generation: number;
  /** Absent when there was no live view of the same version. */
  readonly compared?: Compared;
  /** Why not, where the live view's file is damaged. */
  readonly damage?: string;
  /** Why it could not be built, where those that can't are left out. */
  readonly failure?: string;
}

/** Whether views that can't be built keep the others from being built. */
export type Failing = 'together' | 'alone';

/** Builds views anew as `build` does, here or elsewhere. */
export type Builder = (
  buildings: readonly Building[],
  signal: AbortSignal,
  done: (events: number) => void,
  failing?: Failing,
) => Promise<Built[]>;

/**
 * Builds views anew from the log, all in one reading of it, up to where the log ends when it gets there. Nothing
 * is left of them when it throws.
 * @param done is told how many events the one furthest behind has seen
 * @param first pages from the log's start on, where somebody else reads them
 * @throws the signal's reason; Error naming a view that can't digest an event, unless it fails alone; StoreUnavailableError
 */
export async function build(
  buildings: readonly Building[],
  store: EventStore,
  signal: AbortSignal,
  done: (events: number) => void,
  failing: Failing = 'together',
  first: AsyncIterable<StoredEvent[]> = store.pages(START, PAGE),
): Promise<Built[]> {
  const candidates: Candidate[] = [];
  try {
    for (const { projection, place } of buildings) {
      candidates.push(await Candidate.begin(projection, place, store));
    }
    await follow(candidates, store, signal, done, failing, first);
    for (const candidate of candidates) {
      if (candidate.failure === undefined) candidate.finish();
      else candidate.discard();
    }
  } catch (error) {
    for (const candidate of candidates) candidate.discard();
    throw error;
  }
  return candidates.map(({ view, compared, damage, failure }) => ({
    name: view.projection.name,
    generation: view.file.generation,
    ...(compared && { compared }),
    ...(damage !== undefined && { damage }),
    ...(failure !== undefined && { failure }),
  }));
}

async function follow(
  candidates: readonly Candidate[],
  store: EventStore,
  signal: AbortSignal,
  done: (events: number) => void,
  failing: Failing,
  first: AsyncIterable<StoredEvent[]>,
): Promise<void> {
  let head: Position | undefined;
  let going = candidates;
  const takeAll = async (page: readonly StoredEvent[]): Promise<void> => {
    const arrivals = page.map((stored) => new Arrival(stored));
    for (const candidate of going) await take(candidate, arrivals, signal, failing);
    going = going.filter(({ failure }) => failure === undefined);
    if (going.length > 0) done(Math.min(...going.map(({ view }) => view.events)));
    signal.throwIfAborted();
  };
  let isOver = false;
  for (let pages = first; !isOver; pages = store.pages(furthestBehind(going), PAGE)) {
    let began = performance.now();
    let read = 0;
    for await (const page of pages) {
      await takeAll(page);
      if (going.length === 0) return;
      read += page.length;
      const before = head;
      head = await store.head();
      const isBusy = before !== undefined && head !== before;
      await pause(isBusy ? (performance.now() - began) * REST : 0, undefined, { signal });
      began = performance.now();
    }
    if (read === 0) await takeAll([]);
    // The first pages may have ended before the log did.
    isOver = pages !== first && read < PAGE && going.every((candidate) => candidate.isDone);
  }
}

function furthestBehind(candidates: readonly Candidate[]): Position | undefined {
  return candidates.map(({ view }) => view.position).sort()[0];
}

async function take(
  candidate: Candidate,
  arrivals: readonly Arrival[],
  signal: AbortSignal,
  failing: Failing,
): Promise<void> {
  try {
    await candidate.take(arrivals, signal);
  } catch (error) {
    if (failing === 'together' || error instanceof StoreUnavailableError) throw error;
    candidate.failure = (error as Error).message;
  }
}
