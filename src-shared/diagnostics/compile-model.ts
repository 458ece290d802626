import type { ModelDocument } from '../document/schema/model-document.ts';
import type { TrainingConfiguration } from '../training/configuration/configuration.ts';
import { analyze } from './analyze.ts';
import type { CompileResult } from '../compiler/graph/compiled.ts';
import type { ModelFeatures } from '../compiler/graph/inputs.ts';
import { modelPrograms } from '../compiler/model-programs.ts';
import type { UpdateGroups } from '../compiler/optimizers/emit.ts';

/**
 * Checks a document and compiles it to its training, evaluation and prediction programs.
 * Problems of the document are returned; bugs throw.
 *
 * @param groupOf Weights that have been updated equally often. Default: all.
 */
export function compileModel(
  document: ModelDocument,
  features: ModelFeatures,
  configuration: TrainingConfiguration,
  groupOf: UpdateGroups = () => '',
): CompileResult {
  const analysis = analyze(document, features, configuration);
  if (analysis.problems.some((problem) => problem.severity === 'error')) {
    return { ok: false, problems: analysis.problems };
  }
  return { ok: true, model: modelPrograms(document, features, configuration, analysis, groupOf) };
}
