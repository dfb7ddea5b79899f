import { jest } from '@jest/globals';
import { newSqliteLog } from '../support/test-ledger.js';
import { generatedHistories } from './generated-histories.js';

jest.setTimeout(600_000);

generatedHistories('SQLite', newSqliteLog);
