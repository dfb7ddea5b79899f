import { lostAnswersOn } from '../property/lost-answers.js';
import { newKurrentDbLog } from '../support/test-ledger.js';

lostAnswersOn('EventStoreDB', newKurrentDbLog, process.env['EVENTSTORE_SUITES'] === 'all' ? 8 : 1);
