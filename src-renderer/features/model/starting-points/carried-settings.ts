import type { TrainingConfiguration } from '../../../../src-shared/training/configuration/configuration.ts';

type Goals = Pick<TrainingConfiguration, 'loss' | 'metrics' | 'outputs'>;

/** Settings after a change from `from` to `to`; those that were set otherwise since stay as they are. */
export function carried(current: Goals, from: Goals, to: Goals): Goals {
  const outputs: Record<string, Goals['outputs'][string]> = {};
  for (const name of new Set([...Object.keys(current.outputs), ...Object.keys(to.outputs)])) {
    const value = after(current.outputs[name], from.outputs[name], to.outputs[name]);
    if (value !== undefined) outputs[name] = value;
  }
  return {
    loss: after(current.loss, from.loss, to.loss),
    metrics: after(current.metrics, from.metrics, to.metrics),
    outputs,
  };
}

function after<Value>(current: Value, from: Value, to: Value): Value {
  const changed = !same(from, to);
  return changed && same(current, from) ? to : current;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
