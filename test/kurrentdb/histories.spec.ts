import { jest } from '@jest/globals';
import { generatedHistories } from '../property/generated-histories.js';
import { newKurrentDbLog } from '../support/test-ledger.js';

jest.setTimeout(600_000);

// A history takes as long there as six on the embedded store.
generatedHistories('EventStoreDB', newKurrentDbLog, { numRuns: 2 });
