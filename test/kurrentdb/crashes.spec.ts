import { jest } from '@jest/globals';
import { crashScenarios } from '../faults/crash-scenarios.js';
import { newKurrentDbLog } from '../support/test-ledger.js';

jest.setTimeout(600_000);

// Every place takes minutes there; the embedded store tries them all.
crashScenarios('EventStoreDB', newKurrentDbLog, 4);
