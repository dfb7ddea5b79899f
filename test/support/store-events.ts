import { randomUUID } from 'node:crypto';
import type { NewEvent } from '../../src/event-store/event-store.js';

/** An event with a body of so many characters. */
export function eventOf(characters = 20): NewEvent {
  const data = JSON.stringify({ text: 'x'.repeat(characters) });
  return { id: randomUUID(), type: 'Counted', data, metadata: '{"version":1}' };
}
