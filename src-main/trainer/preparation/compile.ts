import type { CompiledModel } from '../../../src-shared/compiler/graph/compiled.ts';
import type { UpdateGroups } from '../../../src-shared/compiler/optimizers/emit.ts';
import { compileModel } from '../../../src-shared/diagnostics/compile-model.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { ModelFeatures } from '../../../src-shared/compiler/graph/inputs.ts';
import type { ModelDocument } from '../../../src-shared/document/schema/model-document.ts';
import type { TrainingConfiguration } from '../../../src-shared/training/configuration/configuration.ts';

/**
 * @param groupOf Weights that have been updated equally often. Default: all.
 * @throws AppError 'model/invalid' with the problems' messages, and the problems in its details.
 */
export function compileOrThrow(
  document: ModelDocument,
  features: ModelFeatures,
  configuration: TrainingConfiguration,
  groupOf?: UpdateGroups,
): CompiledModel {
  const result = compileModel(document, features, configuration, groupOf);
  if (result.ok) return result.model;
  const problems = result.problems.filter(({ severity }) => severity === 'error');
  const [first, ...others] = problems;
  const more =
    others.length === 0 ? '' : ` (and ${others.length} more ${others.length === 1 ? 'problem' : 'problems'})`;
  throw new AppError('model/invalid', `${first?.message ?? 'The model has problems.'}${more}`, { problems });
}
