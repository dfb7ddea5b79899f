import { jest } from '@jest/globals';
import { newSharedLog } from '../support/shared-log.js';
import { generatedHistories } from './generated-histories.js';

jest.setTimeout(600_000);

generatedHistories('two nodes on one log', newSharedLog, { nodes: 2 });
