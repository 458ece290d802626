import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';
import { lossSettings } from '../../../training/configuration/losses.ts';
import type {
  LossConfiguration,
  LossOf,
  LossSettings,
  PlainLoss,
  ResolvedLoss,
} from '../../../training/configuration/losses.ts';
import type { Aim } from '../../graph/aim.ts';
import {
  binaryCrossentropy,
  binaryFocalCrossentropy,
  categoricalCrossentropy,
  categoricalFocalCrossentropy,
  klDivergence,
  sparseCategoricalCrossentropy,
} from './crossentropies.ts';
import { categoricalHinge, hinge, squaredHinge, perceptron } from './margin-losses.ts';
import {
  cosineSimilarity,
  huber,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  poisson,
} from './regression-losses.ts';
import { formulaLoss } from './formula.ts';
import type { LossCall, LossRule } from './loss.ts';
import { floatTargets } from './targets.ts';

/** One rule per loss of the configuration; the type checks that none is missing. */
const rules: { readonly [Name in ResolvedLoss]: LossRule<Name> } = {
  meanSquaredError,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredLogarithmicError,
  huber,
  logCosh,
  binaryCrossentropy,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
  binaryFocalCrossentropy,
  categoricalFocalCrossentropy,
  klDivergence,
  poisson,
  hinge,
  squaredHinge,
  categoricalHinge,
  cosineSimilarity,
  perceptron,
  formula: formulaLoss,
};

/** The loss with all options; resolves 'auto'. @param units Size of the prediction's last axis. */
export function resolveLoss(loss: LossConfiguration, aim: Aim, units: number): LossSettings {
  return lossSettings(loss === 'auto' ? automaticLoss(aim, units) : loss);
}

function automaticLoss(aim: Aim, units: number): PlainLoss {
  if (aim.kind === 'numbers' || aim.kind === 'input') return 'meanSquaredError';
  const binary = aim.kind === 'labels' || (aim.target.classes.length === 2 && units === 1);
  return binary ? 'binaryCrossentropy' : 'sparseCategoricalCrossentropy';
}

/**
 * Loss of each example, as in Keras 3; cross-entropies are computed from logits if softmax or
 * sigmoid is the last operation.
 * @param prediction float32 [N, units].
 * @param y int32 [N, 1] for classes, float32 [N, units] otherwise.
 * @returns float32 [N].
 */
export function emitLoss(builder: ProgramBuilder, loss: LossSettings, prediction: ValueId, y: ValueId): ValueId {
  return lossOf({ builder, prediction, y, targets: floatTargets(builder, prediction, y) }, loss);
}

function lossOf<Name extends ResolvedLoss>(call: LossCall, loss: LossOf<Name>): ValueId {
  const name: Name = loss.name;
  return rules[name](call, loss);
}
