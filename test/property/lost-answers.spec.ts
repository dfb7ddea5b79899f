import { newSqliteLog } from '../support/test-ledger.js';
import { lostAnswersOn } from './lost-answers.js';

lostAnswersOn('the embedded store', newSqliteLog, 4);
