import { expect, test } from '@jest/globals';
import { ConflictError, StoreUnavailableError } from '../../../src/event-store/event-store.js';
import { Readiness } from '../../../src/http/readiness.js';

test('a store that could not take an event is not ready until it takes one', () => {
  const readiness = new Readiness();
  readiness.appended(undefined);
  readiness.appended(new ConflictError('sale-1', 'no-stream', 0));
  expect(readiness.storeFault()).toBeUndefined();

  readiness.appended(new StoreUnavailableError('the disk is full', 'not-done'));
  expect(readiness.storeFault()).toBe('the disk is full');

  readiness.appended(undefined);
  expect(readiness.storeFault()).toBeUndefined();
});
