import { eastAsianWidth } from 'get-east-asian-width';
import type { Receipt } from './receipt.js';

/** Columns of a roll of paper by its width in millimetres. A Chinese character takes two. */
const COLUMNS = { 58: 32, 80: 48 } as const;

export type PaperWidth = keyof typeof COLUMNS;

/** The receipt as a printer takes it: no line is wider than the paper. */
export function receiptText(receipt: Receipt, paper: PaperWidth): string {
  const columns = COLUMNS[paper];
  const rule = '-'.repeat(columns);
  const lines = [
    ...wrapped(receipt.merchant, columns).map((line) => centred(line, columns)),
    ...wrapped(receipt.title, columns).map((line) => centred(line, columns)),
    ...receipt.groups.flatMap((rows) => [
      rule,
      ...rows.flatMap(([label, value]) => row(label, value, columns)),
    ]),
    rule,
    ...wrapped(receipt.footer, columns).map((line) => centred(line, columns)),
  ];
  return `${lines.join('\n')}\n`;
}

/** Label on the left and value on the right; a value that has no room beside it goes below. */
function row(label: string, value: string, columns: number): string[] {
  const room = columns - widthOf(label) - widthOf(value);
  if (room >= 1) return [`${label}${' '.repeat(room)}${value}`];
  const below = wrapped(value, columns).map((line) =>
    line.padStart(columns - widthOf(line) + line.length),
  );
  return [...wrapped(label, columns), ...below];
}

function centred(line: string, columns: number): string {
  return `${' '.repeat((columns - widthOf(line)) >> 1)}${line}`;
}

function widthOf(text: string): number {
  return [...text].reduce((sum, character) => sum + characterWidth(character), 0);
}

function characterWidth(character: string): number {
  if (/\p{M}/u.test(character)) return 0;
  return eastAsianWidth(character.codePointAt(0) ?? 0);
}

/** In lines of so many columns. What is no character of a line, such as a line end, becomes a space. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  let width = 0;
  for (const character of text.replace(/\s/g, ' ')) {
    const more = characterWidth(character);
    if (width + more > columns) {
      lines.push(line);
      [line, width] = ['', 0];
    }
    line += character;
    width += more;
  }
  return [...lines, line];
}

/** The receipt as a page to show or to print. */
export function receiptHtml({ language, merchant, title, groups, footer }: Receipt): string {
  const rows = groups.map((group) =>
    group.map(([label, value]) => `<dt>${escaped(label)}</dt><dd>${escaped(value)}</dd>`).join(''),
  );
  return [
    `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><title>${escaped(title)}</title>`,
    '<style>body{font:14px monospace;max-width:48ch;margin:1em auto}h1,h2,p{text-align:center;font-size:1em}',
    'dl{display:grid;grid-template-columns:auto 1fr;border-top:1px dashed;padding-top:1em}dd{margin:0;text-align:right}</style></head>',
    `<body><h1>${escaped(merchant)}</h1><h2>${escaped(title)}</h2>`,
    ...rows.map((all) => `<dl>${all}</dl>`),
    `<p>${escaped(footer)}</p></body></html>\n`,
  ].join('\n');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
}
