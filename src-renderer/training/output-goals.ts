import type { OutputConfiguration, TrainingConfiguration } from '../../src-shared/training/configuration.ts';

/**
 * What an edit of an Output's goal changes: settings of its own where there are several Outputs or it
 * has some already, else those of the whole model.
 */
export function withOutput(
  { outputs }: Pick<TrainingConfiguration, 'outputs'>,
  name: string,
  several: boolean,
  patch: OutputConfiguration,
): Partial<TrainingConfiguration> {
  const own = Object.hasOwn(outputs, name) ? outputs[name]! : null;
  if (several || own !== null) return { outputs: { ...outputs, [name]: { ...own, ...patch } } };
  const { loss, metrics, classWeights } = patch;
  return {
    ...(loss === undefined ? {} : { loss }),
    ...(metrics === undefined ? {} : { metrics }),
    ...(classWeights === undefined ? {} : { classWeights }),
  };
}
