import { expectationText } from '../../src-shared/text/issue-text.ts';
import {
  defaultOptimizer,
  optimizerSchema as schema,
  type Clipping,
  type OptimizerConfiguration,
  type OptimizerKind,
} from '../../src-shared/training/configuration/optimizers.ts';
import { averagingWords } from './averaging-options.ts';
import { optimizerTerms } from './optimizer-terms.ts';

/** Optimizers as the form shows them; which options there are, their defaults and limits come from the schema. */

interface OptionWords {
  readonly label: string;
  readonly hint: string;
  /** One press of an arrow key. */
  readonly step?: number;
}

const words: Readonly<Record<string, OptionWords>> = {
  momentum: { label: 'Momentum', hint: 'How much of the last step is kept.\nv ← μ·v − η·g,  w ← w + v', step: 0.1 },
  nesterov: { label: 'Nesterov', hint: 'Looks ahead along the momentum before stepping.\nw ← w + μ·v − η·g' },
  beta1: { label: 'β₁', hint: 'Memory of the running mean of g.\nm ← β₁·m + (1 − β₁)·g', step: 0.01 },
  beta2: { label: 'β₂', hint: 'Memory of the running mean of g².\nv ← β₂·v + (1 − β₂)·g²', step: 0.001 },
  epsilon: { label: 'ε', hint: 'Keeps the division from exploding.\nw ← w − η·m̂ / (√v̂ + ε)', step: 1e-7 },
  rho: { label: 'ρ', hint: 'Memory of the running mean of g².\nv ← ρ·v + (1 − ρ)·g²', step: 0.01 },
  weightDecay: { label: 'Weight decay', hint: 'Taken off each weight at every step.\nw ← w − η·λ·w', step: 0.001 },
  amsgrad: { label: 'AMSGrad', hint: 'Divides by the largest mean of g² so far.\nv̂ ← max(v̂, v)' },
  centered: { label: 'Centered', hint: 'Divides by the variance of g in place of its second moment.' },
  initialAccumulatorValue: { label: 'First accumulator', hint: 'Where the sum of g² begins.', step: 0.1 },
  learningRatePower: {
    label: 'Rate power',
    hint: 'How the rate falls with the sum of g²; −0.5: by its root.',
    step: 0.1,
  },
  l1RegularizationStrength: { label: 'L1', hint: 'Pull towards exactly 0: λ·|w|', step: 0.001 },
  l2RegularizationStrength: { label: 'L2', hint: 'Pull towards 0: λ·w²', step: 0.001 },
  l2ShrinkageRegularizationStrength: {
    label: 'L2 shrinkage',
    hint: 'Penalty that is added only to the gradient: λ·w²',
    step: 0.001,
  },
  beta: { label: 'β', hint: 'Added to the rate’s denominator.', step: 0.1 },
};

export function optimizerName(kind: OptimizerKind): string {
  return optimizerTerms[kind].name;
}

/** Keras's presets of an optimizer; AMSGrad, which may be absent, counts as off. */
export function presetOptimizer(kind: OptimizerKind): OptimizerConfiguration {
  const preset = defaultOptimizer(kind);
  return preset.kind === 'adam' || preset.kind === 'adamw' ? { ...preset, amsgrad: false } : preset;
}

export interface OptimizerOption {
  readonly name: string;
  readonly words: OptionWords;
  readonly value: number | boolean;
  readonly preset: number | boolean;
}

/** The options of an optimizer except its learning rate, with current and default values. */
export function optimizerOptions(optimizer: OptimizerConfiguration): OptimizerOption[] {
  const given: Readonly<Record<string, unknown>> = optimizer;
  return Object.entries(presetOptimizer(optimizer.kind)).flatMap(([name, preset]): OptimizerOption[] => {
    if (name === 'learningRate' || (typeof preset !== 'number' && typeof preset !== 'boolean')) return [];
    const value = given[name];
    const known = typeof value === typeof preset ? (value as number | boolean) : preset;
    return [{ name, words: words[name] ?? { label: name, hint: '' }, value: known, preset }];
  });
}

/** The optimizer with a changed option, or the reason why the value is refused. */
export function withOption(
  optimizer: OptimizerConfiguration,
  name: string,
  value: number | boolean,
): { optimizer: OptimizerConfiguration } | { fault: string } {
  const parsed = schema.safeParse({ ...optimizer, [name]: value });
  if (parsed.success) return { optimizer: parsed.data };
  const text = expectationText(parsed.error.issues[0]!);
  return { fault: `${text.charAt(0).toUpperCase()}${text.slice(1)}.` };
}

/** 'SGD, learning rate 0.01, momentum 0.9': the rate and what differs from the presets. */
export function optimizerWords(optimizer: OptimizerConfiguration): string {
  const changed = optimizerOptions(optimizer).filter(({ value, preset }) => value !== preset);
  const texts = changed.map(({ words: { label }, value }) => (value === true ? label : `${label} ${value}`));
  const rate = `learning rate ${optimizer.learningRate}`;
  return [optimizerName(optimizer.kind), rate, ...texts, ...gradientWords(optimizer)].join(', ');
}

/** Options of gradients and weights that every optimizer has, where they are on. */
export function gradientWords({
  kind,
  clip,
  weightDecay,
  gradientAccumulationSteps,
  ema,
}: OptimizerConfiguration): string[] {
  return [
    ...(clip === undefined ? [] : [`clipped to ${clip.limit} ${clippingNames[clip.by].toLowerCase()}`]),
    ...(kind === 'adamw' || weightDecay === undefined ? [] : [`weight decay ${weightDecay}`]),
    ...(gradientAccumulationSteps === undefined ? [] : [`updates every ${gradientAccumulationSteps} steps`]),
    ...averagingWords(ema),
  ];
}

export const clippingNames: Readonly<Record<Clipping['by'], string>> = {
  value: 'By value',
  norm: 'By norm',
  globalNorm: 'By global norm',
};
