import { existsSync } from 'node:fs';
import { columnsRead } from '../../../src-shared/compiler/forward/columns-read.ts';
import type { ImportedModelResult, ImportPart } from '../../../src-shared/contract/import-results.ts';
import type { DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import type { ModelDocument } from '../../../src-shared/document/schema/model-document.ts';
import { hashesIn } from '../../../src-shared/document/schema/named-files.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { TrainingConfiguration } from '../../../src-shared/training/configuration/configuration.ts';
import type { RunSummary } from '../../../src-shared/training/run/run.ts';
import { readRowsFile, type RowsOfFile } from '../../data/prepared/rows-file.ts';
import { artifactsFolder } from '../../runs/artifacts.ts';
import type { KeptArtifact } from '../../runs/artifact-store.ts';
import { databasePath, setDatabaseAside } from '../../runs/database.ts';
import { RunStore } from '../../runs/store.ts';
import { whenFree } from '../../runs/when-free.ts';
import { importModel } from './model-files.ts';
import type { ImportChoices } from './model-files.ts';
import { planRun } from '../training/plan-run.ts';
import type { RequestedRun } from '../training/plan-run.ts';
import type { Setting } from '../training/settings.ts';
import { TrainingSupervisor } from '../training/supervisor.ts';
import type { TrainingQueue } from '../training/training-queue.ts';
import type { JobOptions } from '../training/run-jobs.ts';
import type { Emit } from '../../../src-shared/contract/dispatcher.ts';
import { ForeignRuns } from '../training/foreign-runs.ts';
import { ProjectService } from './documents/project-service.ts';
import type { Saved } from './documents/project-service.ts';
import { laminaVersion } from '../../programs.ts';

/** A project's run history and the trainers that this program starts. */
export interface OpenRuns {
  readonly store: RunStore;
  readonly supervisor: TrainingSupervisor;
}

/** Documents of one run in place of the project's. */
export interface RunOverrides {
  readonly model?: ModelDocument | undefined;
  readonly dataset?: DatasetDocument | undefined;
  readonly configuration?: Partial<TrainingConfiguration>;
  readonly settings?: readonly Setting[];
  /** The run does not wait for other runs. */
  readonly now?: boolean;
}

export interface SessionOptions {
  /** Creates a project if the folder is not one. */
  readonly create: boolean;
  /** Events report changes that other programs make to documents and runs. */
  readonly watch: boolean;
  /** Where its runs wait. */
  readonly queue: TrainingQueue;
}

/** One open project: its documents, its runs and the trainer processes that work on them. */
export class ProjectSession {
  readonly project: ProjectService;
  readonly #emit: Emit;
  readonly #watch: boolean;
  readonly #queue: TrainingQueue;
  #runs: OpenRuns | null = null;
  #foreign: ForeignRuns | null = null;
  /** Files in `artifacts/` that are kept while the project is open. */
  readonly #held = new Set<string>();

  private constructor(project: ProjectService, { watch, queue }: SessionOptions, emit: Emit) {
    this.project = project;
    this.#watch = watch;
    this.#queue = queue;
    this.#emit = emit;
  }

  /** @throws AppError 'project/…' or 'files/…' if the folder cannot be opened. */
  static async open(folder: string, options: SessionOptions, emit: Emit): Promise<ProjectSession> {
    let session: ProjectSession | null = null;
    const project = await ProjectService.open(folder, options, (change) => {
      if (change.what === 'model' || change.what === 'project') void session?.holdWeights(session.#named);
      emit('project.changed', change);
    });
    session = new ProjectSession(project, options, emit);
    if (options.watch) await session.holdWeights(session.#named);
    return session;
  }

  get folder(): string {
    return this.project.folder;
  }

  /** Files that the project's model names. */
  get #named(): ReadonlySet<string> {
    return hashesIn(JSON.stringify(this.project.snapshot().model));
  }

  /**
   * Keeps files while the project is open: an undo of a window may bring back a model that names them. If the run history
   * cannot be written, no file is deleted either.
   */
  async holdWeights(files: Iterable<string>): Promise<void> {
    const added = [...files].filter((file) => !this.#held.has(file));
    if (added.length === 0) return;
    try {
      const { store } = await this.openRuns();
      await whenFree(() => store.files.hold(added));
      for (const file of added) this.#held.add(file);
    } catch {
      // No file is deleted in this case. Requests that need the run history report its error.
    }
  }

  /** @throws AppError as `ProjectService.saveModel`. */
  async saveModel(document: ModelDocument, baseRevision: number): Promise<Saved> {
    await this.holdWeights(hashesIn(JSON.stringify(document)));
    return this.project.saveModel(document, baseRevision);
  }

  /**
   * Reads a model file of another program, or the model of another project. Its weights are kept in this project for the
   * document that names them, which the caller saves.
   *
   * @param path Absolute.
   * @throws AppError as `importModel`, 'document/newer-version', 'runs/…'. The project is unchanged then.
   */
  async importModel(
    path: string,
    part: ImportPart | undefined,
    options: JobOptions & ImportChoices = {},
  ): Promise<ImportedModelResult> {
    this.project.checkWritable();
    // A sweep when the history is opened could delete the new file.
    if (existsSync(databasePath(this.folder))) await this.openRuns();
    const { model } = await this.project.freshSnapshot();
    const { kept, ...imported } = await importModel(path, part, artifactsFolder(this.folder), model, options);
    await this.keepImported(kept);
    return imported;
  }

  /** Keeps weights of an imported model that are in this project's `artifacts` folder. */
  async keepImported(kept: KeptArtifact | null): Promise<void> {
    if (kept === null) return;
    const { store } = await this.openRuns();
    await whenFree(() => store.files.keep(() => kept));
  }

  /**
   * The run history, opened when first needed: a damaged one must not prevent the documents from being shown.
   *
   * @throws AppError 'runs/…'.
   */
  openRuns(): Promise<OpenRuns> {
    return whenFree(() => this.#open());
  }

  /** All runs, newest first. Unlike `openRuns`, makes no files in a project without runs. @throws AppError 'runs/…'. */
  async listRuns(): Promise<RunSummary[]> {
    return existsSync(databasePath(this.folder)) ? (await this.openRuns()).store.list() : [];
  }

  /** Renames a damaged run history, so that a new one begins. @returns Its new path; null if there is none. */
  setRunsAside(): string | null {
    return existsSync(databasePath(this.folder)) ? setDatabaseAside(this.folder) : null;
  }

  /** True while one of its runs trains or waits. */
  isTraining(): boolean {
    return (this.#runs?.supervisor.runs.length ?? 0) > 0;
  }

  /**
   * Trains the project's current documents, or an earlier run's; the run is `queued` if it has to wait.
   *
   * @throws AppError 'document/newer-version', 'runs/…'.
   */
  async train(request: RequestedRun, overrides: RunOverrides = {}): Promise<RunSummary> {
    const project = await this.project.freshSnapshot();
    this.project.checkWritable();
    const { model, dataset, configuration } = request.documents ?? project;
    const documents = { model: overrides.model ?? model, dataset: overrides.dataset ?? dataset, configuration };
    const { store, supervisor } = await this.openRuns();
    const { id } = await whenFree(() => {
      const run = planRun(store, documents, request, overrides.configuration, overrides.settings);
      return supervisor.start({ ...run, versions: runVersions() }, overrides.now);
    });
    await supervisor.decided(id);
    return store.summary(id);
  }

  /** Rows of a file for a run's model. @throws AppError 'dataset/…', 'runs/no-features'. */
  async inputRows(runId: string, path: string, { signal, onProgress }: JobOptions = {}): Promise<RowsOfFile> {
    const { model, featureSpec, number } = (await this.openRuns()).store.get(runId);
    if (featureSpec === null) {
      throw new AppError('runs/no-features', `Run ${number} ended before its data was read. Choose another run.`);
    }
    return readRowsFile(path, featureSpec, columnsRead(model, featureSpec), {
      signal,
      onProgress: (fraction, activity) => onProgress?.({ fraction, activity }),
    });
  }

  /** Stops runs and waits a few seconds for them to save. */
  async close(): Promise<void> {
    const runs = this.#runs;
    this.#runs = null;
    this.#foreign?.close();
    await Promise.all([this.project.close(), runs?.supervisor.close()]);
    runs?.store.close();
  }

  #open(): OpenRuns {
    if (this.#runs === null) {
      const store = RunStore.open(this.folder);
      const supervisor = new TrainingSupervisor(store, this.#emit, {
        queue: { runs: this.#queue, project: this.project.snapshot().name },
      });
      this.#runs = { store, supervisor };
      if (this.#watch) this.#foreign = new ForeignRuns(store, this.#emit);
    }
    return this.#runs;
  }
}

/** What a run records of the programs that made it; its trainer adds the engine's. */
function runVersions(): Record<string, string> {
  return { lamina: laminaVersion(), node: process.versions.node };
}
