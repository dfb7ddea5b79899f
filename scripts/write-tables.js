// Writes the tables that the code has as data into docs, between their markers. Run by `npm run docs`.
import { readFileSync, writeFileSync } from 'node:fs';
import { withCodes } from '../dist/http/codes-table.js';
import { withConditions } from '../dist/sales/domain/conditions-table.js';

write('domain.md', withConditions);
write('api.md', withCodes);

function write(name, withTable) {
  const file = new URL(`../docs/${name}`, import.meta.url);
  writeFileSync(file, withTable(readFileSync(file, 'utf8')));
}
