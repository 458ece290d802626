import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { columnsRead } from '../../../src-shared/compiler/forward/columns-read.ts';
import type { ImportedModelResult, ImportPart } from '../../../src-shared/contract/import-results.ts';
import type { DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import type { ModelDocument } from '../../../src-shared/document/schema/model-document.ts';
import { hashesIn } from '../../../src-shared/document/schema/named-files.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { TrainingConfiguration } from '../../../src-shared/training/configuration/configuration.ts';
import { requireMembers, unfinishedMembers } from '../../../src-shared/training/run/group-comparison.ts';
import { groupMembers } from '../../../src-shared/training/run/run-group.ts';
import type { NewGroup } from '../../../src-shared/training/run/run-group.ts';
import { hasEnded, isActive } from '../../../src-shared/training/run/run-state.ts';
import { RESUME_WEIGHTS } from '../../../src-shared/training/run/run-weights.ts';
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

  /**
   * Puts all runs of a group on the queue, or none.
   *
   * @throws AppError 'training/bad-group', 'training/bad-setting', 'document/newer-version', 'runs/…'.
   */
  async trainGroup(
    group: NewGroup,
    { configuration, settings }: Pick<RunOverrides, 'configuration' | 'settings'> = {},
  ): Promise<RunSummary[]> {
    this.project.checkWritable();
    const id = randomUUID();
    const members = groupMembers(group);
    const { store, supervisor } = await this.openRuns();
    const started = await whenFree(() => {
      const runs = members.map(({ variant, seed, name }) => {
        const run = planRun(store, variant.documents, { name }, { ...configuration, seed }, settings);
        if (run.configuration.seed !== seed) {
          throw new AppError(
            'training/bad-group',
            `A group of runs expects its own seeds; received the setting seed = ${run.configuration.seed}. Leave it out.`,
          );
        }
        const member = { id, name: group.name, variant: variant.name, seed };
        return { ...run, versions: runVersions(), group: member };
      });
      return supervisor.startAll(runs);
    });
    await supervisor.decided(started[0]!.id);
    return started.map((run) => store.summary(run.id));
  }

  /**
   * Trains the runs of a group that were stopped or interrupted: from their last checkpoint or, without one, from their
   * start. The new runs replace them in the group.
   *
   * @throws AppError 'runs/unknown-group', 'training/group-ended' if there are none, 'runs/…'.
   */
  async continueGroup(groupId: string): Promise<RunSummary[]> {
    const { store } = await this.openRuns();
    const members = requireMembers(store.list(), groupId);
    const unfinished = unfinishedMembers(members);
    if (unfinished.length === 0) {
      throw new AppError(
        'training/group-ended',
        `No run of '${members[0]!.group.name}' was stopped or interrupted, so there is nothing to continue. Start a new group.`,
        { groupId },
      );
    }
    const started: RunSummary[] = [];
    for (const { id: runId, name, lastCheckpoint } of unfinished) {
      const resume = { runId, checkpoint: RESUME_WEIGHTS, mode: 'resume', settings: 'run' } as const;
      const request = lastCheckpoint === null ? { repeat: runId } : { continueFrom: resume };
      started.push(await this.train({ name, ...request }));
    }
    return started;
  }

  /**
   * Stops all runs of a group, those that wait first, so that none of them starts meanwhile.
   *
   * @throws AppError 'runs/unknown-group', 'training/no-answer', 'runs/…', after it has tried all runs.
   */
  async stopGroup(groupId: string): Promise<void> {
    const { store, supervisor } = await this.openRuns();
    const members = requireMembers(store.list(), groupId).filter(({ state }) => !hasEnded(state));
    const waitingFirst = members.toSorted((a, b) => Number(isActive(a.state)) - Number(isActive(b.state)));
    const faults: AppError[] = [];
    for (const { id } of waitingFirst) {
      try {
        await supervisor.command(id, { kind: 'stop', when: 'now' });
      } catch (thrown) {
        const fault = AppError.from(thrown);
        // It has ended meanwhile.
        if (fault.code !== 'training/not-active') faults.push(fault);
      }
    }
    if (faults[0] !== undefined) throw faults[0];
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
