import type { ImportedModelResult } from '../../src-shared/contract/import-results.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { RequestProgress } from '../../src-shared/contract/transport.ts';

/** Calls to the process that reads model files. */
export interface InterchangeCalls {
  importModel: {
    params: {
      /** Absolute. */
      path: string;
      /** The project's `artifacts` folder, which is created if the file has weights. */
      artifacts: string;
      /** The project's model, for weights without a configuration; null: the project is new. */
      onto: ModelDocument | null;
      /** Weights without a configuration are matched only: nothing is written, and the result has `onto`. */
      matchOnly?: boolean;
      /** Also takes the state of the file's optimizer, for new runs. */
      optimizerState?: boolean;
    };
    result: ImportedModelResult;
    progress: RequestProgress;
  };
}
