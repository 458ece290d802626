import type { TargetSpec } from '../../data/prepared.ts';
import type { ColumnSpan } from '../../data/column-places.ts';
import type { InputPart } from './inputs.ts';
import { listed } from './named-columns.ts';

export type ClassTarget = Extract<TargetSpec, { kind: 'classes' }>;
export type NumberTarget = Extract<TargetSpec, { kind: 'numeric' }>;

/** What one Output is to give of an example. */
export type Aim =
  /** One of the classes of a target. */
  | { readonly kind: 'classes'; readonly target: ClassTarget }
  /** Multi-label classification: one value per target, whether it has its second class. */
  | { readonly kind: 'labels'; readonly targets: readonly ClassTarget[] }
  | { readonly kind: 'numbers'; readonly targets: readonly NumberTarget[] }
  /** What an Input is given, as it was prepared: an autoencoder's end. */
  | {
      readonly kind: 'input';
      readonly input: InputPart & { readonly shape: readonly number[] };
      /** Its columns' places in an example of its tensor, in the Input's order; none where they are not known. */
      readonly spans: readonly ColumnSpan[];
      /** Columns with values certainly outside 0 to 1. */
      readonly beyondUnit: readonly string[];
    };

/** What one Output is to give of the data set's targets. */
export type TargetAim = Exclude<Aim, { kind: 'input' }>;

/** What predicting these targets together is; null where they do not go together. */
export function aimOf(targets: readonly TargetSpec[]): TargetAim | null {
  const classes = targets.filter((target) => target.kind === 'classes');
  const numbers = targets.filter((target) => target.kind === 'numeric');
  if (classes.length === 0) return numbers.length === 0 ? null : { kind: 'numbers', targets: numbers };
  if (numbers.length > 0) return null;
  if (classes.length === 1) return { kind: 'classes', target: classes[0]! };
  return classes.every(isLabel) ? { kind: 'labels', targets: classes } : null;
}

/** Whether a target may be predicted together with others like it. */
export function isLabel(target: TargetSpec): boolean {
  return target.kind === 'classes' && target.classes.length === 2;
}

/** Names of the columns that are predicted. */
export function aimNames(aim: Aim): string[] {
  if (aim.kind === 'input') return aim.input.columns.slice();
  return (aim.kind === 'classes' ? [aim.target] : aim.targets).map(({ name }) => name);
}

/** "the labels 'garden', 'lift'". */
export function labelsOf(aim: Extract<Aim, { kind: 'labels' }>): string {
  return `the labels ${listed(aimNames(aim))}`;
}
