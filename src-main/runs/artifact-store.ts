import { existsSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { featureSpecSchema, recordedSpec, specOfThisVersion } from '../../src-shared/data/prepared.ts';
import type { FeatureSpec } from '../../src-shared/data/prepared.ts';
import { hashesIn } from '../../src-shared/document/schema/named-files.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';
import type { Access } from './access.ts';
import {
  artifactPath,
  artifactsFolder,
  damagedArtifact,
  deleteArtifact,
  readHeader,
  sweepArtifacts,
} from './artifacts.ts';
import type { Database } from './database.ts';
import { jsonText } from './json-text.ts';
import { hashesInDocuments, hashesInSetAside } from './named-artifacts.ts';
import { isSha256 } from './queries.ts';
import type { Queries } from './queries.ts';
import { parsed } from './records.ts';
import { isBusy } from './when-free.ts';

/** File systems round the times of files to up to two seconds. */
const FILE_TIME_MS = 2_000;
/** Tolerance for a system clock that is set back while a run trains: its files then seem older than the run. */
const CLOCK_CHANGE_MS = 600_000;
/**
 * Time that a kept file remains after the last document stopped naming it: a window may be connecting again, or a
 * document may be on its way back from version control.
 */
const UNNAMED_MS = 24 * 3_600_000;

/** Origin of a kept file. */
export type ArtifactOrigin =
  | { kind: 'run'; runId: string; number: number; checkpoint: string; epoch: number }
  /** Weights of a file of another program. */
  | { kind: 'file'; name: string }
  /** Weights of another project. */
  | { kind: 'project'; name: string }
  /** A file that a document of the folder names: the project was copied. */
  | { kind: 'unknown' };

/** A file that is kept for documents. */
export interface KeptArtifact {
  readonly sha256: string;
  readonly origin: ArtifactOrigin;
  /** Of the data that the weights were trained on; null: unknown. */
  readonly spec: FeatureSpec | null;
  /** The file with its frozen tensors, if that is not recorded yet. */
  readonly frozen?: string | null;
}

/**
 * The files in a project's `artifacts` folder. A file stays while it is a run's checkpoint, while a run or a program
 * that has the project open owns it, and while a model document in the folder names it.
 */
export class ArtifactStore {
  readonly folder: string;
  readonly #projectFolder: string;
  readonly #access: Access;
  readonly #queries: Queries;
  readonly #coreId: string;
  /** Files that damaged run histories name. A history is set aside while no store has it open. */
  #setAside: ReadonlySet<string> | null = null;
  readonly #statements: ReturnType<typeof prepareArtifacts>;

  constructor(projectFolder: string, access: Access, database: Database, queries: Queries, coreId: string) {
    this.folder = artifactsFolder(projectFolder);
    this.#projectFolder = projectFolder;
    this.#access = access;
    this.#queries = queries;
    this.#coreId = coreId;
    this.#statements = prepareArtifacts(database);
  }

  /**
   * Makes a run the owner of files. Call inside a transaction.
   *
   * @param model The run's model as JSON: it owns all files that this names.
   */
  ownByRun(runId: string, model: string, startArtifact: string | null): void {
    const files = hashesIn(model);
    if (startArtifact !== null) files.add(startArtifact);
    for (const sha256 of files) this.#statements.ownByRun.run({ sha256, runId });
  }

  /** Makes this program the owner of files until it closes the project: undo histories of its windows may name them. */
  hold(files: Iterable<string>): void {
    const all = [...files];
    if (all.length === 0) return;
    this.#access.write(() => {
      for (const sha256 of all) this.#statements.ownByCore.run({ sha256, coreId: this.#coreId });
    });
  }

  /**
   * Keeps a checkpoint's file for the documents that will name it, also after its run is deleted.
   *
   * @param find Looks up the checkpoint; called inside the transaction.
   * @throws AppError 'weights/missing' if the file does not exist.
   */
  keep(find: () => KeptArtifact): string {
    return this.#access.write(() => {
      const { sha256, origin, spec, frozen = null } = find();
      this.requireFile(sha256);
      if (frozen !== null) this.recordFrozen(sha256, frozen);
      this.#statements.keep.run({
        sha256,
        origin: jsonText(origin),
        featureSpec: spec === null ? null : jsonText(recordedSpec(spec)),
        createdAt: new Date().toISOString(),
      });
      this.#statements.ownByCore.run({ sha256, coreId: this.#coreId });
      return sha256;
    });
  }

  /** The feature spec of the data that kept weights were trained on; null: unknown. */
  specOf(sha256: string): FeatureSpec | null {
    const text = this.#statements.spec.get(sha256) ?? null;
    try {
      return featureSpecSchema.parse(specOfThisVersion(parsed(text), 'The feature spec of the weights'));
    } catch {
      return null;
    }
  }

  /** @throws AppError 'weights/missing'. */
  requireFile(sha256: string): void {
    const path = artifactPath(this.folder, sha256);
    if (existsSync(path)) return;
    throw new AppError(
      'weights/missing',
      `Expected the weights in '${path}'; the file does not exist. Restore the project's 'artifacts' folder, or choose other weights for the model.`,
      { path },
    );
  }

  /** Names and shapes of the tensors in a file. @throws AppError 'weights/missing', 'runs/checkpoint-damaged'. */
  async shapes(sha256: string): Promise<{ name: string; shape: number[] }[]> {
    this.requireFile(sha256);
    const { shapes, frozen } = await readHeader(this.folder, sha256).catch(() => {
      throw damagedArtifact(artifactPath(this.folder, sha256));
    });
    return frozen === null ? shapes : [...(await this.shapes(frozen)), ...shapes];
  }

  /** Records that a file needs another one, which has its frozen tensors. Call inside a transaction. */
  recordFrozen(sha256: string, frozen: string): void {
    this.#statements.part.run({ sha256, frozen });
  }

  /** Deletes files of checkpoints that are no longer recorded, unless something else names them. */
  delete(files: Iterable<string>): void {
    // In another folder at the project's path they may belong to other runs. A later sweep finds them.
    if (!this.#access.isInPlace) return;
    for (const sha256 of new Set(files)) {
      if (!isSha256(sha256) || this.#isKept(sha256)) continue;
      const frozen = this.#statements.frozenOf.get(sha256);
      deleteArtifact(this.folder, sha256);
      if (frozen === undefined) continue;
      this.#forgetPart(sha256);
      if (!this.#mayBeUnrecorded(frozen)) this.delete([frozen]);
    }
  }

  /**
   * True if a live trainer may have written a file that no checkpoint refers to yet. A trainer writes its frozen tensors
   * once, and would not notice that the file is gone; the sweep deletes it later.
   */
  #mayBeUnrecorded(sha256: string): boolean {
    const file = statSync(artifactPath(this.folder, sha256), { throwIfNoEntry: false });
    return file !== undefined && file.mtimeMs >= this.#unrecordedSince();
  }

  /** While another program locks the run history, the entry stays. It does no harm: the file does not exist. */
  #forgetPart(sha256: string): void {
    try {
      this.#access.write(() => this.#statements.forgetPart.run({ sha256 }));
    } catch (thrown) {
      if (!isBusy(thrown)) throw thrown;
    }
  }

  /** Deletes files that nothing names; files that a live trainer may still record stay. */
  async sweep(): Promise<void> {
    if (this.#access.readOnly !== null || !this.#access.isInPlace) return;
    const isKept = (sha256: string): boolean => !this.#access.isOpen || this.#isKept(sha256);
    await this.#findFrozen();
    await sweepArtifacts(this.folder, isKept, this.#unrecordedSince());
    this.#sweepKept();
  }

  /** Records the frozen tensors' files of files that documents name: the project may be a copy, without their record. */
  async #findFrozen(): Promise<void> {
    for (const sha256 of hashesInDocuments(this.#projectFolder) ?? []) {
      if (!this.#access.isOpen || this.#statements.frozenOf.get(sha256) !== undefined) continue;
      const header = await readHeader(this.folder, sha256).catch(() => null);
      const frozen = header?.frozen ?? null;
      if (frozen !== null && this.#access.isOpen) this.#access.write(() => this.recordFrozen(sha256, frozen));
    }
  }

  /** Deletes kept files that nothing has named for a while, and keeps those that only a document names. */
  #sweepKept(): void {
    if (!this.#access.isOpen || !this.#access.isInPlace) return;
    const named = hashesInDocuments(this.#projectFolder);
    if (named === null || (named.size === 0 && this.#statements.kept.all().length === 0)) return;
    // With the write lock, so that no other program begins to name a file that is being deleted.
    this.#access.write(() => {
      const createdAt = new Date().toISOString();
      for (const sha256 of named) {
        if (!existsSync(artifactPath(this.folder, sha256))) continue;
        const origin = jsonText({ kind: 'unknown' } satisfies ArtifactOrigin);
        this.#statements.keep.run({ sha256, origin, featureSpec: null, createdAt });
      }
      const now = Date.now();
      for (const { sha256, unnamed_since: since } of this.#statements.kept.all()) {
        if (named.has(sha256) || this.#statements.owners.get({ sha256 })! > 0 || this.#isInSetAside(sha256)) {
          if (since !== null) this.#statements.unnamedSince.run({ sha256, since: null });
        } else if (since === null) this.#statements.unnamedSince.run({ sha256, since: now });
        else if (now - since > UNNAMED_MS) {
          rmSync(artifactPath(this.folder, sha256), { force: true });
          this.#statements.forget.run({ sha256 });
          this.#statements.forgetPart.run({ sha256 });
        }
      }
    });
  }

  #isKept(sha256: string): boolean {
    const needed = [sha256, ...this.#statements.needing.all(sha256)];
    if (needed.some((file) => this.#statements.isRecorded.get({ sha256: file }) === 1 || this.#isInSetAside(file))) {
      return true;
    }
    const named = hashesInDocuments(this.#projectFolder);
    return named === null || needed.some((file) => named.has(file));
  }

  #isInSetAside(sha256: string): boolean {
    try {
      this.#setAside ??= hashesInSetAside(this.#projectFolder);
    } catch {
      // It cannot be read: it may name any file.
      return true;
    }
    return this.#setAside.has(sha256);
  }

  /** A file written after this moment may belong to a run whose core has not recorded it yet. */
  #unrecordedSince(): number {
    const now = Date.now();
    const since = this.#queries.activeSince.get() ?? null;
    const ofRuns = since === null ? now - FILE_TIME_MS : Date.parse(since) - CLOCK_CHANGE_MS;
    const hourAgo = now - 3_600_000;
    const elsewhere = this.#queries.trainedElsewhere.get(hostname(), new Date(hourAgo).toISOString()) ?? 0;
    // A trainer on another machine may be alive although its core seems to have ended.
    return elsewhere > 0 ? Math.min(ofRuns, hourAgo) : ofRuns;
  }
}

/** Numbers of checkpoints and owners of a file. */
const owners = `(SELECT count(*) FROM checkpoints WHERE sha256 = @sha256)
  + (SELECT count(*) FROM artifact_owners WHERE sha256 = @sha256)`;

function prepareArtifacts(database: Database) {
  const write = <Parameters extends object>(sql: string) => database.prepare<Parameters>(sql);
  return {
    ownByRun: write<{ sha256: string; runId: string }>(
      'INSERT INTO artifact_owners (sha256, run_id) VALUES (@sha256, @runId) ON CONFLICT DO NOTHING',
    ),
    ownByCore: write<{ sha256: string; coreId: string }>(
      'INSERT INTO artifact_owners (sha256, core_id) VALUES (@sha256, @coreId) ON CONFLICT DO NOTHING',
    ),
    keep: write<{ sha256: string; origin: string; featureSpec: string | null; createdAt: string }>(
      `INSERT INTO artifacts (sha256, kind, origin, feature_spec, created_at)
       VALUES (@sha256, 'weights', @origin, @featureSpec, @createdAt) ON CONFLICT DO NOTHING`,
    ),
    unnamedSince: write<{ sha256: string; since: number | null }>(
      'UPDATE artifacts SET unnamed_since = @since WHERE sha256 = @sha256',
    ),
    part: write<{ sha256: string; frozen: string }>(
      'INSERT INTO artifact_parts (sha256, frozen) VALUES (@sha256, @frozen) ON CONFLICT DO NOTHING',
    ),
    forgetPart: write<{ sha256: string }>('DELETE FROM artifact_parts WHERE sha256 = @sha256'),
    frozenOf: database.prepare<[string], string>('SELECT frozen FROM artifact_parts WHERE sha256 = ?').pluck(),
    needing: database.prepare<[string], string>('SELECT sha256 FROM artifact_parts WHERE frozen = ?').pluck(),
    forget: write<{ sha256: string }>('DELETE FROM artifacts WHERE sha256 = @sha256'),
    kept: database.prepare<[], { sha256: string; unnamed_since: number | null }>(
      'SELECT sha256, unnamed_since FROM artifacts',
    ),
    spec: database.prepare<[string], string | null>('SELECT feature_spec FROM artifacts WHERE sha256 = ?').pluck(),
    owners: database.prepare<{ sha256: string }, number>(`SELECT ${owners}`).pluck(),
    isRecorded: database
      .prepare<{ sha256: string }, number>(
        `SELECT ${owners} > 0 OR EXISTS (SELECT 1 FROM artifacts WHERE sha256 = @sha256)`,
      )
      .pluck(),
  };
}
