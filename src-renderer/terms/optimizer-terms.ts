import type { OptimizerKind } from '../../src-shared/training/configuration/optimizers.ts';

export interface Term {
  readonly name: string;
  /** One line. */
  readonly help: string;
  readonly formula: string;
}

/** What each optimizer is; g is the gradient, η the learning rate. */
export const optimizerTerms: Readonly<Record<OptimizerKind, Term>> = {
  adam: {
    name: 'Adam',
    help: 'Adapts the step size of each weight; the usual first choice.',
    formula: 'm ← β₁·m + (1 − β₁)·g\nv ← β₂·v + (1 − β₂)·g²\nw ← w − η·m̂ / (√v̂ + ε)',
  },
  adamw: {
    name: 'AdamW',
    help: 'Adam with weight decay, against overfitting.',
    formula: 'w ← w − η·λ·w, then as Adam',
  },
  nadam: {
    name: 'Nadam',
    help: 'Adam that looks ahead along its momentum; often a little faster.',
    formula: 'm̂ ← u·m / (1 − U) + (1 − u)·g / (1 − U)\nw ← w − η·m̂ / (√v̂ + ε)',
  },
  adamax: {
    name: 'AdaMax',
    help: 'Adam with the largest gradient in place of the mean square.',
    formula: 'u ← max(β₂·u, |g|)\nw ← w − η·m / ((1 − β₁ᵗ)·(u + ε))',
  },
  sgd: {
    name: 'SGD',
    help: 'Plain steps against the gradient; with momentum often the best in the end.',
    formula: 'w ← w − η·g',
  },
  rmsprop: {
    name: 'RMSProp',
    help: 'Steps scaled by the recent size of the gradient; common for recurrent layers.',
    formula: 'v ← ρ·v + (1 − ρ)·g²\nw ← w − η·g / √(v + ε)',
  },
  adagrad: {
    name: 'AdaGrad',
    help: 'Ever smaller steps where gradients were large; for simple, sparse problems.',
    formula: 'a ← a + g²\nw ← w − η·g / √(a + ε)',
  },
  adadelta: {
    name: 'AdaDelta',
    help: 'Steps in the weight’s own unit; wants a learning rate near 1.',
    formula: 'δ ← √(d + ε) / √(a + ε)·g\nw ← w − η·δ\na, d: running means of g², δ²',
  },
  ftrl: {
    name: 'FTRL',
    help: 'For wide, sparse, linear models; L1 makes weights exactly 0.',
    formula: 'z ← z + g − (√a′ − √a) / η·w\nw ← (clip(z, ±λ₁) − z) / (√a′ / η + 2·λ₂)',
  },
  lion: {
    name: 'Lion',
    help: 'Steps of equal size from the sign of the update; needs a smaller learning rate than Adam.',
    formula: 'w ← w − η·sign(β₁·m + (1 − β₁)·g)\nm ← β₂·m + (1 − β₂)·g',
  },
};
