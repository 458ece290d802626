import type { AppErrorData } from '../../src-shared/contract/app-error.ts';
import type { ProjectSnapshot } from '../../src-shared/contract/contract.ts';

/** Which project is open, and what could not be read of it. */
export class ProjectStore {
  readonly folder: string;
  readonly name: string;
  readonly modelFile: string;
  readonly datasetFile: string;
  warnings: readonly AppErrorData[] = $state.raw([]);

  constructor(snapshot: ProjectSnapshot) {
    this.folder = snapshot.folder;
    this.name = snapshot.name;
    this.modelFile = snapshot.modelFile;
    this.datasetFile = snapshot.datasetFile;
    this.warnings = snapshot.warnings;
  }
}
