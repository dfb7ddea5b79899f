import { lostAnswersOn } from '../property/lost-answers.js';
import { newKurrentDbLog } from '../support/test-ledger.js';

lostAnswersOn('EventStoreDB', newKurrentDbLog, 2);
