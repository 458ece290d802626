import type { AppErrorData } from '../../src-shared/errors/app-error.ts';
import type { LaminaClient, RequestOptions } from '../../src-shared/contract/client.ts';
import type { ProjectSnapshot } from '../../src-shared/contract/contract.ts';
import { Resource } from './resource.svelte.ts';
import type { Toasts } from './toasts.svelte.ts';

/** What the stores of documents need of the project. */
export interface EditingRules {
  /** False in a read-only project; a message gives the reason. */
  mayEdit(): boolean;
  /** Damaged documents were kept under these names before they were replaced. */
  keptAside(fileNames: readonly string[]): void;
}

/** The open project, and which parts of it could not be read. */
export class ProjectStore implements EditingRules {
  readonly folder: string;
  readonly name: string;
  readonly modelFile: string;
  readonly datasetFile: string;
  warnings: readonly AppErrorData[] = $state.raw([]);
  /** Why nothing may be changed: a newer Lamina wrote a document. */
  readOnly: AppErrorData | null = $state.raw(null);
  /** Opening another project. */
  readonly opening = new Resource<ProjectSnapshot>();
  readonly #client: LaminaClient;
  readonly #toasts: Toasts;

  constructor(client: LaminaClient, snapshot: ProjectSnapshot, toasts: Toasts) {
    this.#client = client;
    this.#toasts = toasts;
    this.folder = snapshot.folder;
    this.name = snapshot.name;
    this.modelFile = snapshot.modelFile;
    this.datasetFile = snapshot.datasetFile;
    this.#take(snapshot);
  }

  /** Reads again what can be read: a document changed on the disk. */
  async refresh(): Promise<void> {
    this.#take(await this.#client.request('project.get', {}));
  }

  /** Opens another project. @returns Null if that was cancelled. @throws AppError of the request. */
  async open(ask: (options: RequestOptions) => Promise<ProjectSnapshot>): Promise<ProjectSnapshot | null> {
    if (await this.opening.load(ask)) return this.opening.value;
    if (this.opening.error !== null) throw this.opening.error;
    return null;
  }

  mayEdit(): boolean {
    if (this.readOnly === null) return true;
    this.#toasts.info(`Nothing can be changed here. ${this.readOnly.message} Or save a copy and change that.`);
    return false;
  }

  keptAside(fileNames: readonly string[]): void {
    if (fileNames.length === 0) return;
    this.warnings = [];
    this.#toasts.good(`The damaged file is kept as ${fileNames.map((name) => `'${name}'`).join(' and ')}.`);
    void this.refresh().catch((thrown: unknown) => this.#toasts.fail(thrown));
  }

  #take({ warnings, readOnly }: ProjectSnapshot): void {
    this.readOnly = readOnly;
    this.warnings = warnings;
  }
}
