import { jest } from '@jest/globals';
import { crashScenarios } from '../faults/crash-scenarios.js';
import { newKurrentDbLog } from '../support/test-ledger.js';

jest.setTimeout(600_000);

crashScenarios('EventStoreDB', newKurrentDbLog);
