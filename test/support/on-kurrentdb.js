// Runs before each file of the suites on EventStoreDB.
process.env.TEST_EVENT_STORE = 'kurrentdb';
