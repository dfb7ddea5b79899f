import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import type { NewEvent } from '../../../src/event-store/event-store.js';

export const newStream = (): string => `contract-${randomUUID()}`;

export const anEvent = (number = 0, data: object = { number }): NewEvent => ({
  id: randomUUID(),
  type: 'Counted',
  data: JSON.stringify(data),
  metadata: JSON.stringify({ version: 1 }),
});

export const someEvents = (count: number): NewEvent[] =>
  Array.from({ length: count }, (_, number) => anEvent(number));

export const ids = (events: readonly NewEvent[]): string[] => events.map(({ id }) => id);

/** A conflict by its name: a store under test may come from compiled code, with a class of its own. */
export const aConflict = (stream: string, actual: number | undefined) =>
  expect.objectContaining({ name: 'ConflictError', stream, actual });
