import type { ModelDocument } from '../document/schema/model-document.ts';
import type { TrainingConfiguration } from '../training/configuration/configuration.ts';
import { analyze } from './analyze.ts';
import type { CompileResult } from '../compiler/graph/compiled.ts';
import type { ModelFeatures } from '../compiler/graph/inputs.ts';
import { modelPrograms } from '../compiler/model-programs.ts';

/**
 * Checks a document, then turns it into its training, evaluation and prediction programs.
 * Problems of the document come back as data; a bug throws.
 */
export function compileModel(
  document: ModelDocument,
  features: ModelFeatures,
  configuration: TrainingConfiguration,
): CompileResult {
  const analysis = analyze(document, features, configuration);
  if (analysis.problems.some((problem) => problem.severity === 'error')) {
    return { ok: false, problems: analysis.problems };
  }
  return { ok: true, model: modelPrograms(document, features, configuration, analysis) };
}
