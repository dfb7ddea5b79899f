/** An event byte for byte as the store has it. `data` and `metadata` are JSON texts. */
export interface LogLine {
  readonly position: string;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

/** A line that is not as `logLine` writes it. */
export class LogLineError extends Error {
  override readonly name = 'LogLineError';
}

/**
 * The event as one line of JSON, `data` and `metadata` in it byte for byte. As these are canonical (RFC 8785), so is the
 * whole line.
 * @throws LogLineError for JSON that some other hand has written over several lines
 */
export function logLine({ position, ...event }: LogLine): string {
  if (event.data.includes('\n') || event.metadata.includes('\n')) {
    throw new LogLineError(`the event at position ${position} is not in canonical JSON`);
  }
  return `{"data":${event.data},"id":${JSON.stringify(event.id)},"metadata":${event.metadata},"position":"${position}",${tail(event)}`;
}

/**
 * What the trail's hash of an event covers: its line without the position, which is the store's own and another after a
 * restore.
 */
export function hashedText(event: Omit<LogLine, 'position'>): string {
  return `{"data":${event.data},"id":${JSON.stringify(event.id)},"metadata":${event.metadata},${tail(event)}`;
}

function tail({ revision, stream, type }: Omit<LogLine, 'position'>): string {
  return `"revision":${revision},"stream":${JSON.stringify(stream)},"type":${JSON.stringify(type)}}`;
}

/** The event of a line, its texts byte for byte. @throws LogLineError */
export function parseLogLine(line: string): LogLine {
  const scanner = new Scanner(line);
  const data = scanner.take('{"data":');
  const id = scanner.take(',"id":');
  const metadata = scanner.take(',"metadata":');
  const position = scanner.take(',"position":');
  const revision = scanner.take(',"revision":');
  const stream = scanner.take(',"stream":');
  const type = scanner.take(',"type":');
  scanner.end('}');
  const event = {
    data: object(data),
    id: text(id),
    metadata: object(metadata),
    position: text(position),
    revision: Number(revision),
    stream: text(stream),
    type: text(type),
  };
  if (!/^(?:0|[1-9]\d*)$/.test(revision))
    throw new LogLineError(`revision ${revision} is no number`);
  if (!/^\d{20}$/.test(event.position)) throw new LogLineError('position is not of 20 digits');
  return event;
}

function object(json: string): string {
  const value = parse(json);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return json;
  throw new LogLineError(`${json.slice(0, 20)} is no object`);
}

function text(json: string): string {
  const value = parse(json);
  if (typeof value !== 'string' || !value.isWellFormed() || JSON.stringify(value) !== json) {
    throw new LogLineError(`${json.slice(0, 20)} is no text as it is written`);
  }
  return value;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new LogLineError(`${json.slice(0, 20)} is not JSON`);
  }
}

/** Goes over the values of a line without changing a byte of them. */
class Scanner {
  private at = 0;

  constructor(private readonly line: string) {}

  /** The value behind this. */
  take(before: string): string {
    this.expect(before);
    const from = this.at;
    let depth = 0;
    for (; this.at < this.line.length; this.at += 1) {
      const character = this.line[this.at];
      if (character === '"') this.skipString();
      else if (character === '{' || character === '[') depth += 1;
      else if (depth === 0 && (character === ',' || character === '}')) break;
      else if (character === '}' || character === ']') depth -= 1;
    }
    return this.line.slice(from, this.at);
  }

  end(last: string): void {
    this.expect(last);
    if (this.at !== this.line.length) throw new LogLineError('more follows behind the event');
  }

  /** To the quotation mark that ends the string. */
  private skipString(): void {
    for (this.at += 1; this.at < this.line.length && this.line[this.at] !== '"'; this.at += 1) {
      if (this.line[this.at] === '\\') this.at += 1;
    }
  }

  private expect(text: string): void {
    if (!this.line.startsWith(text, this.at)) {
      throw new LogLineError(`${text} is missing at character ${this.at + 1}`);
    }
    this.at += text.length;
  }
}
