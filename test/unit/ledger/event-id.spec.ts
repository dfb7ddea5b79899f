import { expect, test } from '@jest/globals';
import { eventId } from '../../../src/ledger/event-id.js';

test('an event’s id is the UUID v5 that RFC 9562 (A.4) gives for its example', () => {
  const dns = Buffer.from('6ba7b8109dad11d180b400c04fd430c8', 'hex');
  expect(eventId('www.example.com', dns)).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
});

test('ids written by earlier versions are found again', () => {
  expect(eventId('M1.T1.000001.000001 Sale {"amount":1}')).toBe(
    '2fcde326-332d-5d4e-95bc-7c5966a1a0d4',
  );
});
