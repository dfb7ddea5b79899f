import { isUtf8 } from 'node:buffer';

const NEWLINE = 10;

/** A line of a stream of bytes, or the status of one that can't be read: longer than is taken, or no UTF-8. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string | 413 | 400;
}

/** Splits what comes into lines, those of one chunk together; no more than one line is ever kept. */
export class LineReader {
  private rest: Buffer[] = [];
  private restBytes = 0;
  private number = 0;
  private isTooLong = false;

  constructor(private readonly maxBytes: number) {}

  /** The lines that end in the chunk. */
  take(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.keep(chunk.subarray(start, end));
      lines.push(this.line());
      start = end + 1;
    }
    this.keep(chunk.subarray(start));
    return lines;
  }

  /** The line that no newline ended. */
  end(): Line[] {
    return this.restBytes > 0 || this.isTooLong ? [this.line()] : [];
  }

  private keep(part: Buffer): void {
    if (part.length === 0 || this.isTooLong) return;
    this.rest.push(part);
    this.restBytes += part.length;
    if (this.restBytes <= this.maxBytes) return;
    this.isTooLong = true;
    this.forget();
  }

  private line(): Line {
    this.number += 1;
    const bytes = Buffer.concat(this.rest);
    const text = this.isTooLong ? 413 : isUtf8(bytes) ? bytes.toString() : 400;
    this.isTooLong = false;
    this.forget();
    return { number: this.number, text };
  }

  private forget(): void {
    this.rest = [];
    this.restBytes = 0;
  }
}
