import type { ExpectedRevision, NewEvent } from './event-store.js';

export interface AppendRequest {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly NewEvent[];
}

/** A group of appends as it travels to a thread: of each its stream, expected revision, count, then four texts an event. */
export type PackedGroup = (string | number)[];

export function packGroup(group: readonly AppendRequest[]): PackedGroup {
  const packed: PackedGroup = [];
  for (const { stream, expected, events } of group) {
    packed.push(stream, expected, events.length);
    for (const { id, type, data, metadata } of events) packed.push(id, type, data, metadata);
  }
  return packed;
}

export function unpackGroup(packed: PackedGroup): AppendRequest[] {
  const group: AppendRequest[] = [];
  let at = 0;
  const next = (): string | number => packed[at++] as string | number;
  const text = (): string => next() as string;
  while (at < packed.length) {
    const stream = text();
    const expected = next() as AppendRequest['expected'];
    const count = next() as number;
    const events = [];
    for (let index = 0; index < count; index += 1) {
      events.push({ id: text(), type: text(), data: text(), metadata: text() });
    }
    group.push({ stream, expected, events });
  }
  return group;
}
