import { jest } from '@jest/globals';
import { crashScenarios } from '../faults/crash-scenarios.js';
import { newKurrentDbLog } from '../support/test-ledger.js';

jest.setTimeout(600_000);

// Every place takes many minutes there; the embedded store tries them all. An odd number meets both kinds.
const everyPlaces = process.env['EVENTSTORE_SUITES'] === 'all' ? 1 : 49;
crashScenarios('EventStoreDB', newKurrentDbLog, everyPlaces);
