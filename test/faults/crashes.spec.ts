import { jest } from '@jest/globals';
import { newSqliteLog } from '../support/test-ledger.js';
import { crashScenarios } from './crash-scenarios.js';

jest.setTimeout(300_000);

crashScenarios('SQLite', newSqliteLog);
