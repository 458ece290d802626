import type { ClassWeights } from '../../training/configuration/configuration.ts';
import type { ClassTarget } from '../graph/aim.ts';

/**
 * One weight per class in the order of the target spec; null: all are 1. 'balanced' is
 * rows / (classes · rows of the class), as scikit-learn's `class_weight='balanced'`. Classes
 * without a given weight have weight 1, as with Keras's `class_weight`.
 */
export function classWeightsOf(target: ClassTarget, weights: ClassWeights): readonly number[] | null {
  if (weights === 'none') return null;
  if (weights === 'balanced') {
    const counts = target.counts ?? target.classes.map(() => 1);
    const rows = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count) => (count === 0 ? 1 : rows / (counts.length * count)));
  }
  return target.classes.map((name) => (Object.hasOwn(weights, name) ? weights[name]! : 1));
}

/** Names in `weights` that are not classes of the target. */
export function unknownClasses(target: ClassTarget, weights: ClassWeights): string[] {
  if (typeof weights === 'string') return [];
  return Object.keys(weights).filter((name) => !target.classes.includes(name));
}
