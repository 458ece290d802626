import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import type { AppErrorData } from '../../../../src-shared/errors/app-error.ts';
import type { EventPayload, ProjectSnapshot, RequestResult } from '../../../../src-shared/contract/contract.ts';
import type { DatasetDocument } from '../../../../src-shared/data/dataset-document.ts';
import { isEnd } from '../../../../src-shared/document/schema/ends.ts';
import type { ModelDocument } from '../../../../src-shared/document/schema/model-document.ts';
import {
  DATASET_SUFFIX,
  isProject,
  MODEL_SUFFIX,
  PROJECT_FILE,
  PROJECT_FORMAT,
  PROJECT_VERSION,
} from '../../../../src-shared/project/project-document.ts';
import type { ProjectDocument } from '../../../../src-shared/project/project-document.ts';
import { defaultTrainingConfiguration } from '../../../../src-shared/training/configuration/configuration.ts';
import type { TrainingConfiguration } from '../../../../src-shared/training/configuration/configuration.ts';
import { makePrivateFolder } from '../../../system/private-files.ts';
import { atomicWrite, unusablePath, writeError } from '../../../system/atomic-write.ts';
import { errorCode } from '../../../system/error-code.ts';
import { DocumentFile } from './document-file.ts';
import { datasetKind, emptyDataset, emptyModel, modelKind, projectKind } from './document-kinds.ts';
import type { DocumentKind } from './read-document.ts';
import { withFolderLock } from './folder-lock.ts';
import { saveCopy } from './save-copy.ts';
import { watchFolder } from './watch-folder.ts';

export type ProjectChange = EventPayload<'project.changed'>;
export type Saved = RequestResult<'project.saveModel'>;

/** The three documents of one project folder, kept in step with the disk. */
export class ProjectService {
  readonly folder: string;
  readonly #onChange: (change: ProjectChange) => void;
  #project: DocumentFile<ProjectDocument>;
  #model: DocumentFile<ModelDocument>;
  #dataset: DocumentFile<DatasetDocument>;
  #queue: Promise<unknown> = Promise.resolve();
  #unwatch: () => void = () => {};

  private constructor(folder: string, files: OpenFiles, onChange: (change: ProjectChange) => void) {
    this.folder = folder;
    this.#onChange = onChange;
    this.#project = files.project;
    this.#model = files.model;
    this.#dataset = files.dataset;
  }

  /**
   * Opens a project folder; files that cannot be read become warnings. Nothing is written unless
   * `create` is set and the folder is not a project.
   *
   * @param onChange Receives changes made by other programs, not this service's saves.
   * @throws AppError 'project/missing-folder', 'project/not-a-project', 'files/…'.
   */
  static async open(
    folder: string,
    options: { create: boolean; watch: boolean },
    onChange: (change: ProjectChange) => void,
  ): Promise<ProjectService> {
    const path = resolve(folder);
    if (options.create) await makeFolder(path);
    const names = await listNames(path);
    const known = isProject(names);
    if (!known && !options.create) {
      throw new AppError(
        'project/not-a-project',
        `'${path}' is not a Lamina project: expected a ${PROJECT_FILE} or a model (*${MODEL_SUFFIX}) in it. Choose another folder, or create a project there.`,
        { folder: path },
      );
    }
    const service = new ProjectService(path, await openFiles(path, names), onChange);
    if (!known) await service.#enqueue(() => service.#writeNewProject());
    if (options.watch) service.#unwatch = watchFolder(path, () => void service.#refresh().catch(() => {}));
    return service;
  }

  snapshot(): ProjectSnapshot {
    const { name, configuration } = this.#project.document;
    return {
      folder: this.folder,
      name,
      modelFile: this.#model.fileName,
      model: this.#model.document,
      modelRevision: this.#model.revision,
      datasetFile: this.#dataset.fileName,
      dataset: this.#dataset.document,
      datasetRevision: this.#dataset.revision,
      configuration,
      configurationRevision: this.#project.revision,
      warnings: this.#warnings(),
      readOnly: this.#newer?.toJSON() ?? null,
    };
  }

  /** The snapshot after looking at the disk once more. */
  async freshSnapshot(): Promise<ProjectSnapshot> {
    await this.#refresh();
    return this.snapshot();
  }

  /** @throws AppError 'document/newer-version', 'project/changed-elsewhere', 'files/…'. */
  saveModel(document: ModelDocument, baseRevision: number): Promise<Saved> {
    return this.#save(
      () => this.#model,
      baseRevision,
      async () => [await this.#model.save(document), await this.#nameFiles()],
    );
  }

  /**
   * Copies the model document to another file in the folder, before another document replaces it.
   *
   * @returns The copy's file name; null if the model has no layers. @throws AppError 'files/…'.
   */
  keepModel(): Promise<string | null> {
    return this.#enqueue(async () => {
      const { document, fileName } = this.#model;
      if (document.nodes.every(isEnd)) return null;
      const names = new Set(await listNames(this.folder));
      const stem = fileName.replace(MODEL_SUFFIX, '');
      let name = `${stem}-before${MODEL_SUFFIX}`;
      for (let number = 2; names.has(name); number++) name = `${stem}-before-${number}${MODEL_SUFFIX}`;
      await atomicWrite(join(this.folder, name), `${JSON.stringify(document, null, 2)}\n`);
      return name;
    });
  }

  /** @throws AppError 'document/newer-version', 'project/changed-elsewhere', 'files/…'. */
  saveDataset(document: DatasetDocument, baseRevision: number): Promise<Saved> {
    return this.#save(
      () => this.#dataset,
      baseRevision,
      async () => [await this.#dataset.save(document), await this.#nameFiles()],
    );
  }

  /** @throws AppError 'document/newer-version', 'project/changed-elsewhere', 'files/…'. */
  saveConfiguration(configuration: TrainingConfiguration, baseRevision: number): Promise<Saved> {
    return this.#save(
      () => this.#project,
      baseRevision,
      async () => [await this.#project.save({ ...this.#project.document, configuration })],
    );
  }

  /**
   * Writes the documents, as this Lamina understands them, with the weights that the model names, into an empty folder or
   * one that it makes.
   * @returns The folder. @throws AppError 'files/…'.
   */
  saveCopy(folder: string, signal?: AbortSignal): Promise<string> {
    return this.#enqueue(async () => {
      await this.#takeOutsideChanges();
      const documents = {
        project: this.#project.document,
        models: [[this.#model.fileName, this.#model.document]] as const,
        dataset: this.#dataset.document,
      };
      return saveCopy(this.folder, folder, documents, signal);
    });
  }

  /** @throws AppError 'document/newer-version' if documents of a newer Lamina are shown in part. */
  checkWritable(): void {
    if (this.#newer !== null) throw this.#newer;
  }

  /** Waits for saves under way and stops watching. */
  async close(): Promise<void> {
    this.#unwatch();
    await this.#queue.catch(() => {});
  }

  #save(
    file: () => DocumentFile<unknown>,
    baseRevision: number,
    write: () => Promise<readonly (string | null)[]>,
  ): Promise<Saved> {
    return this.#enqueue(() =>
      withFolderLock(this.folder, async () => {
        await this.#takeOutsideChanges();
        this.checkWritable();
        file().checkRevision(baseRevision);
        const kept = await write();
        return { revision: file().revision, setAside: kept.filter((name) => name !== null) };
      }),
    );
  }

  #refresh(): Promise<void> {
    return this.#enqueue(() => this.#takeOutsideChanges());
  }

  #enqueue<Result>(action: () => Promise<Result>): Promise<Result> {
    const result = this.#queue.then(action, action);
    this.#queue = result.catch(() => {});
    return result;
  }

  async #takeOutsideChanges(): Promise<void> {
    const before = this.#project.document;
    const projectChanged = await this.#project.refresh();
    const { name, modelFile, datasetFile } = this.#project.document;
    const filesMoved = before.modelFile !== modelFile || before.datasetFile !== datasetFile;
    if (projectChanged && filesMoved) {
      const revision = Math.max(this.#model.revision, this.#dataset.revision) + 1;
      this.#model = await reopen(this.#model, modelKind, join(this.folder, modelFile), revision);
      this.#dataset = await reopen(this.#dataset, datasetKind, join(this.folder, datasetFile), revision);
    }
    if (projectChanged) {
      const what = filesMoved || before.name !== name ? 'project' : 'configuration';
      this.#onChange({ what, revision: this.#project.revision });
    }
    if (await this.#model.refresh()) this.#onChange({ what: 'model', revision: this.#model.revision });
    if (await this.#dataset.refresh()) this.#onChange({ what: 'dataset', revision: this.#dataset.revision });
  }

  /** Writes the project document, which names the files in use, if there is none. */
  async #nameFiles(): Promise<string | null> {
    return this.#project.exists ? null : this.#project.save(this.#project.document);
  }

  /** Why nothing may be written here; null: it may. */
  get #newer(): AppError | null {
    return this.#project.newer ?? this.#model.newer ?? this.#dataset.newer;
  }

  async #writeNewProject(): Promise<void> {
    await withFolderLock(this.folder, async () => {
      await this.#model.save(this.#model.document);
      await this.#dataset.save(this.#dataset.document);
      await this.#project.save(this.#project.document);
    });
  }

  #warnings(): AppErrorData[] {
    return [this.#project, this.#model, this.#dataset].flatMap((file) => warningsOf(file));
  }
}

interface OpenFiles {
  readonly project: DocumentFile<ProjectDocument>;
  readonly model: DocumentFile<ModelDocument>;
  readonly dataset: DocumentFile<DatasetDocument>;
}

async function openFiles(folder: string, names: readonly string[]): Promise<OpenFiles> {
  const title = basename(folder) || 'project';
  const project = await DocumentFile.open<ProjectDocument>(projectKind, join(folder, PROJECT_FILE), {
    format: PROJECT_FORMAT,
    version: PROJECT_VERSION,
    name: title,
    modelFile: names.find((name) => name.endsWith(MODEL_SUFFIX)) ?? `model${MODEL_SUFFIX}`,
    datasetFile: names.find((name) => name.endsWith(DATASET_SUFFIX)) ?? `data${DATASET_SUFFIX}`,
    configuration: defaultTrainingConfiguration,
  });
  const { modelFile, datasetFile } = project.document;
  const [model, dataset] = await Promise.all([
    DocumentFile.open(modelKind, join(folder, modelFile), emptyModel(title)),
    DocumentFile.open(datasetKind, join(folder, datasetFile), emptyDataset(title)),
  ]);
  return { project, model, dataset };
}

async function reopen<Document>(
  current: DocumentFile<Document>,
  kind: DocumentKind<Document>,
  path: string,
  revision: number,
): Promise<DocumentFile<Document>> {
  if (current.fileName === basename(path)) return current;
  const file = await DocumentFile.open(kind, path, current.document);
  file.continueFrom(revision);
  return file;
}

function warningsOf(file: DocumentFile<unknown>): AppErrorData[] {
  if (file.problems.length > 0) {
    return file.problems.map(({ code, message, details }) => ({
      code,
      message,
      details: { ...details, fileName: file.fileName },
    }));
  }
  if (file.exists) return [];
  return [
    {
      code: 'project/missing-document',
      message: `The project has no '${file.fileName}'. A new one is used, and written with your first change; if the file was moved, put it back before.`,
      details: { fileName: file.fileName },
    },
  ];
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await makePrivateFolder(folder);
  } catch (error) {
    throw writeError(error, join(folder, PROJECT_FILE));
  }
}

/** Sorted, so that the same folder always opens the same way. */
async function listNames(folder: string): Promise<string[]> {
  try {
    if (!(await stat(folder)).isDirectory()) {
      throw new AppError('project/not-a-folder', `'${folder}' is a file; a project is a folder. Choose its folder.`, {
        folder,
      });
    }
    return (await readdir(folder)).sort();
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new AppError(
        'project/missing-folder',
        `There is no folder '${folder}'. Check the path, or create the project there.`,
        { folder },
      );
    }
    if (code === 'EACCES' || code === 'EPERM') {
      throw new AppError(
        'files/no-permission',
        `You have no permission to read the folder '${folder}'. Change its permissions, or choose another folder.`,
        { folder },
      );
    }
    throw error instanceof AppError ? error : unusablePath(error, folder);
  }
}
