import type Database from 'better-sqlite3';
import { TurnSnapshot } from '../event-store/turn-snapshot.js';
import { namingDamage } from './file-faults.js';
import { readModel } from './read-model.js';
import { openModels, type ReadModels } from './read-models.js';
import { openToRead, removeGeneration, viewFile } from './view-file.js';

/** The generation of each view that is to be read. */
export type Generations = ReadonlyMap<string, number>;

/** The read models on the generations of their views that are live, of one moment to the next. */
export class Reading {
  private readonly open: Database.Database[] = [];
  private readonly snapshots: TurnSnapshot[] = [];
  readonly models: ReadModels;
  /** Why views can't be read whose file has turned out to be damaged, by name. */
  readonly damages = new Map<string, string>();

  /** `before`: damage that it has met in the same files. @throws CorruptLogError when a file is damaged */
  constructor(
    private readonly viewsDir: string,
    readonly generations: Generations,
    before?: Reading,
  ) {
    for (const [name, damage] of before?.damages ?? []) {
      if (before?.generations.get(name) === generations.get(name)) this.damages.set(name, damage);
    }
    try {
      this.models = openModels((Model, view) => this.model(Model, view));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Whether these are the generations that it reads. */
  isOf(generations: Generations): boolean {
    return [...generations].every(
      ([name, generation]) => this.generations.get(name) === generation,
    );
  }

  /** The next read of each view sees all that it has by then. */
  refresh(): void {
    for (const snapshot of this.snapshots) snapshot.letGo();
  }

  close(): void {
    for (const database of this.open.splice(0)) database.close();
  }

  /** Removes the files that it reads and that are no longer among these. To be called when it is closed. */
  removeAllBut(generations: Generations): void {
    for (const [name, generation] of this.generations) {
      if (generations.get(name) !== generation) removeGeneration(this.viewsDir, name, generation);
    }
  }

  private model(Model: new (database: Database.Database) => object, view: string): object {
    const database = openToRead(this.file(view));
    this.open.push(database);
    const snapshot = new TurnSnapshot(database);
    this.snapshots.push(snapshot);
    const model = namingDamage(database.name, () => new Model(database));
    return readModel(model, view, snapshot, ({ message }) => this.damages.set(view, message));
  }

  private file(name: string): string {
    const generation = this.generations.get(name);
    if (generation === undefined) throw new Error(`there is no view ${name}`);
    return viewFile(this.viewsDir, name, generation);
  }
}
