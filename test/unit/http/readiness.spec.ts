import { afterEach, expect, jest, test } from '@jest/globals';
import { ConflictError, StoreUnavailableError } from '../../../src/event-store/event-store.js';
import { Readiness } from '../../../src/http/readiness.js';

afterEach(() => {
  jest.useRealTimers();
});

test('a service is ready between its start and its end', () => {
  const readiness = new Readiness();
  expect(readiness.reason()).toBe('starting');
  readiness.started();
  expect(readiness.reason()).toBeUndefined();
  readiness.stopping(5_000);
  expect(readiness.reason()).toBe('stopping');
});

test('a service that stops goes on with what is coming as long as it has said', () => {
  jest.useFakeTimers();
  const readiness = new Readiness();
  expect(readiness.isCutting()).toBe(false);
  readiness.stopping(5_000);
  jest.advanceTimersByTime(4_999);
  expect(readiness.isCutting()).toBe(false);
  jest.advanceTimersByTime(1);
  expect(readiness.isCutting()).toBe(true);
});

test('what a store failed by last is told for ten seconds', () => {
  jest.useFakeTimers();
  const readiness = new Readiness();
  readiness.appended(new StoreUnavailableError('the disk is full', 'not-done'));
  jest.advanceTimersByTime(9_000);
  readiness.appended(new StoreUnavailableError('the disk is gone', 'not-done'));
  jest.advanceTimersByTime(9_999);
  expect(readiness.storeFault()).toBe('the disk is gone');
  jest.advanceTimersByTime(1);
  expect(readiness.storeFault()).toBeUndefined();
});

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
