// Writes the tables of conditions into docs/domain.md, between their markers. Run by `npm run docs`.
import { readFileSync, writeFileSync } from 'node:fs';
import { withConditions } from '../dist/sales/domain/conditions-table.js';

const file = new URL('../docs/domain.md', import.meta.url);
writeFileSync(file, withConditions(readFileSync(file, 'utf8')));
