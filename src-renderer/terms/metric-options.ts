import type { NamedMetric } from '../../src-shared/training/configuration/metrics.ts';

type OptionsOf<Metric> = Metric extends unknown ? Exclude<keyof Metric, 'name'> : never;
export type MetricOption = OptionsOf<NamedMetric>;

interface OptionTerm {
  readonly label: string;
  readonly hint: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly integer: boolean;
  /** Keras's default. */
  readonly standard: number;
}

/** The options of metrics for a person. */
export const metricOptionTerms: Readonly<Record<MetricOption, OptionTerm>> = {
  k: {
    label: 'k',
    hint: 'How many of the largest values may hold the true class.',
    min: 1,
    max: 1_000_000,
    step: 1,
    integer: true,
    standard: 5,
  },
  threshold: {
    label: 'threshold',
    hint: 'Probability above which a class counts as predicted.\nHigher: fewer are predicted, and more of them rightly.',
    min: 0,
    max: 1,
    step: 0.05,
    integer: false,
    standard: 0.5,
  },
};
