import { closeSync, existsSync, fsyncSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { CorruptLogError, type Position, START } from '../event-store/event-store.js';
import { createTables, type Projection } from './projection.js';
import { openToRead as openFileToRead } from '../event-store/sqlite-file.js';
import { damageTold, isInTheWay, opening } from './file-faults.js';
import { makeFolder } from '../event-store/make-folder.js';

/** How far a view's tables go: the position and the id of the last event in them, and how many events that is. */
export interface Checkpoint {
  readonly position: Position;
  readonly eventId: string;
  readonly events: number;
}

/** What a view's file says of itself. */
interface About extends Checkpoint {
  readonly version: number;
  /** 0 while it is being built beside the one that is read. */
  readonly isLive: 0 | 1;
}

const ABOUT = `
  CREATE TABLE about (
    version INTEGER NOT NULL, position TEXT NOT NULL, eventId TEXT NOT NULL, events INTEGER NOT NULL,
    isLive INTEGER NOT NULL
  ) STRICT;
`;

const NAME = /^view-([a-z-]+)\.(\d+)\.db(-wal|-shm|-journal)?$/;

/** One view's tables in their one file. A view that is built anew gets a file of the next generation. */
export function viewFile(viewsDir: string, name: string, generation: number): string {
  return join(viewsDir, `view-${name}.${generation}.db`);
}

/** The generations of a view that have a file, the latest first. What SQLite keeps beside a file is none without it. */
export function generationsOf(viewsDir: string, name: string): number[] {
  const found = filesIn(viewsDir).filter((file) => file.name === name && file.isItself);
  return found.map(({ generation }) => generation).sort((a, b) => b - a);
}

/** One behind all of which anything is left: somebody may still have a removed file open. */
export function nextGeneration(viewsDir: string, name: string): number {
  const found = filesIn(viewsDir).filter((file) => file.name === name);
  return Math.max(0, ...found.map(({ generation }) => generation)) + 1;
}

/** Removes a generation's file, and what SQLite keeps beside it. Who still has it open can go on reading. */
export function removeGeneration(viewsDir: string, name: string, generation: number): void {
  const file = viewFile(viewsDir, name, generation);
  for (const suffix of ['', '-wal', '-shm', '-journal'])
    rmSync(`${file}${suffix}`, { force: true });
}

/** Removes what there is of a view's other generations. */
export function removeOthers(viewsDir: string, name: string, kept: number): void {
  for (const file of filesIn(viewsDir)) {
    if (file.name === name && file.generation !== kept)
      removeGeneration(viewsDir, name, file.generation);
  }
}

/** Removes the files of all views and generations but these: what a crash or an older version has left. */
export function removeAllBut(kept: ReadonlyMap<string, number>, viewsDir: string): void {
  for (const { name, generation } of filesIn(viewsDir)) {
    if (kept.get(name) !== generation) removeGeneration(viewsDir, name, generation);
  }
}

/**
 * Removes the files of all views that were never let live: what a killed build has left. One that is damaged stays, as it
 * may have been. To be called where nobody builds.
 */
export function removeNeverLive(viewsDir: string): void {
  for (const { name, generation, isItself } of filesIn(viewsDir)) {
    if (isItself && isNeverLive(viewFile(viewsDir, name, generation)))
      removeGeneration(viewsDir, name, generation);
  }
}

function isNeverLive(file: string): boolean {
  try {
    return aboutIn(file)?.isLive !== 1;
  } catch (error) {
    if (error instanceof CorruptLogError || isInTheWay(error)) return false;
    throw error;
  }
}

/** What the file says of itself. @throws as liveGeneration */
function aboutIn(file: string): About | undefined {
  const database = openToRead(file);
  try {
    return opening(file, () => readAbout(database));
  } finally {
    database.close();
  }
}

/** `isItself`: it is the view's file itself, not what SQLite keeps beside it. */
function filesIn(viewsDir: string): { name: string; generation: number; isItself: boolean }[] {
  if (!existsSync(viewsDir)) return [];
  return namesIn(viewsDir).flatMap((file) => {
    const [, name, generation, beside] = NAME.exec(file) ?? [];
    if (name === undefined) return [];
    return [{ name, generation: Number(generation), isItself: beside === undefined }];
  });
}

/** @throws SqliteError, as of a file in it that can't be opened */
function namesIn(viewsDir: string): string[] {
  try {
    return readdirSync(viewsDir);
  } catch (error) {
    const why = `the views in ${viewsDir} can't be read: ${(error as Error).message}`;
    throw new Database.SqliteError(why, 'SQLITE_CANTOPEN');
  }
}

/**
 * The generation of a view that readers read: the latest that was ever let live. Undefined when there is none of the
 * projection's version.
 * @throws CorruptLogError naming a damaged file; SqliteError naming one, or the folder, that can't be opened
 */
export function liveGeneration(viewsDir: string, projection: Projection): number | undefined {
  for (const generation of generationsOf(viewsDir, projection.name)) {
    const about = aboutIn(viewFile(viewsDir, projection.name, generation));
    if (about?.isLive === 1) return about.version === projection.version ? generation : undefined;
  }
  return undefined;
}

/** How far the generation is that readers read; undefined, and @throws, as above. */
export function liveCheckpoint(viewsDir: string, projection: Projection): Checkpoint | undefined {
  return askLive(viewsDir, projection, (database) =>
    opening(database.name, () => readAbout(database)),
  );
}

/**
 * What is wrong with the file that readers read: that it can't be opened, or by SQLite's own check of every page and every
 * entry of an index, which reads all of it. Undefined where nothing is, or where there is no such file.
 */
export function damageOf(viewsDir: string, projection: Projection): string | undefined {
  try {
    return askLive(viewsDir, projection, (database) => {
      const file = database.name;
      const check = () => database.pragma('integrity_check(1)', { simple: true }) as string;
      const found = opening(file, check);
      return found === 'ok' ? undefined : damageTold(file, found.replaceAll('\n', ' '));
    });
  } catch (error) {
    if (error instanceof CorruptLogError || isInTheWay(error)) return (error as Error).message;
    throw error;
  }
}

/** Asks the generation that readers read, beside whoever keeps it up; undefined, and @throws, as liveGeneration. */
export function askLive<T>(
  viewsDir: string,
  projection: Projection,
  ask: (database: Database.Database) => T,
): T | undefined {
  const database = openLiveToRead(viewsDir, projection);
  try {
    return database && ask(database);
  } finally {
    database?.close();
  }
}

/** A connection that reads the generation that readers read; undefined, and @throws, as liveGeneration. */
export function openLiveToRead(
  viewsDir: string,
  projection: Projection,
): Database.Database | undefined {
  const generation = liveGeneration(viewsDir, projection);
  if (generation === undefined) return undefined;
  return openToRead(viewFile(viewsDir, projection.name, generation));
}

/** How far a file's tables go; undefined where it does not say. */
export function positionIn(database: Database.Database): Position | undefined {
  return database.prepare<[], Position>('SELECT position FROM about').pluck().get();
}

/** A connection that reads, beside the one that writes. @throws as liveGeneration */
export function openToRead(file: string): Database.Database {
  return opening(file, () => openFileToRead(file));
}

/** The connection that writes to a view's file. */
export class ViewFile {
  private readonly update: Database.Statement;

  private constructor(
    readonly database: Database.Database,
    readonly generation: number,
  ) {
    this.update = database.prepare(
      'UPDATE about SET position = ?, eventId = ?, events = ? WHERE position = ?',
    );
  }

  /** Opens the generation. @throws as liveGeneration */
  static open(viewsDir: string, { name }: Projection, generation: number): ViewFile {
    const file = viewFile(viewsDir, name, generation);
    return opening(file, () => new ViewFile(openToWrite(file, SERVING), generation));
  }

  /**
   * Begins a generation with empty tables, one that is read from now on or one that is built beside it: that has no
   * indexes for readers yet.
   */
  static begin(
    viewsDir: string,
    projection: Projection,
    generation: number,
    purpose: 'live' | 'candidate',
  ): ViewFile {
    const { name, version, tables } = projection;
    makeFolder(viewsDir);
    removeGeneration(viewsDir, name, generation);
    const file = viewFile(viewsDir, name, generation);
    const isLive = purpose === 'live';
    const database = opening(file, () => openToWrite(file, isLive ? SERVING : BUILDING));
    database.transaction(() => {
      database.exec(ABOUT);
      createTables(database, isLive ? projection : { tables });
      database
        .prepare('INSERT INTO about VALUES (?, ?, ?, ?, ?)')
        .run(version, START, '', 0, Number(isLive));
    })();
    return new ViewFile(database, generation);
  }

  checkpoint(): Checkpoint {
    const about = readAbout(this.database);
    if (!about) throw new Error(`${this.database.name} does not say how far it goes`);
    const { position, eventId, events } = about;
    return { position, eventId, events };
  }

  /** Moves the checkpoint on. @throws Error when it is not where this process left it */
  move(from: Position, { position, eventId, events }: Checkpoint): void {
    if (this.update.run(position, eventId, events, from).changes === 1) return;
    throw new Error(
      `another process writes to ${this.database.name}: each needs a folder of its own`,
    );
  }

  /** From now on this is the generation to read, also after a crash at any time. */
  letLive(): void {
    this.database.pragma('synchronous = FULL');
    this.database.exec('UPDATE about SET isLive = 1');
    this.database.pragma('synchronous = NORMAL');
  }

  /** Ends the writing of a candidate: all of it is on the disk then. */
  finish(): void {
    this.database.close();
    const descriptor = openSync(this.database.name, 'r+');
    fsyncSync(descriptor);
    closeSync(descriptor);
  }

  close(): void {
    this.database.close();
  }
}

/** What a crash takes back from the disk is rebuilt from the log, so commits need not wait for it. */
const SERVING = [
  'journal_mode = WAL',
  'synchronous = NORMAL',
  'cache_size = -65536',
  'wal_autocheckpoint = 8000',
];

/**
 * Nobody reads it yet, and a crash ends it: nothing is kept for either. All views may be built at once, and more of a cache
 * makes them no faster.
 */
const BUILDING = ['journal_mode = MEMORY', 'synchronous = OFF', 'cache_size = -16384'];

function openToWrite(file: string, pragmas: readonly string[]): Database.Database {
  const database = new Database(file);
  try {
    for (const pragma of pragmas) database.pragma(pragma);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Undefined for a file that was not begun to its end. */
function readAbout(database: Database.Database): About | undefined {
  const isBegun = database
    .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'about'")
    .get();
  return isBegun ? database.prepare<[], About>('SELECT * FROM about').get() : undefined;
}
