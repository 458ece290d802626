import type { ImportedModelResult } from '../../src-shared/contract/import-results.ts';
import type { RequestProgress } from '../../src-shared/contract/transport.ts';

/** Calls to the process that reads model files. */
export interface InterchangeCalls {
  importModel: {
    params: {
      /** Absolute. */
      path: string;
      /** The project's `artifacts` folder, which is made if the file has weights. */
      artifacts: string;
    };
    result: ImportedModelResult;
    progress: RequestProgress;
  };
}
