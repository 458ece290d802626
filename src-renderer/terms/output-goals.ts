import type {
  OutputConfiguration,
  TrainingConfiguration,
} from '../../src-shared/training/configuration/configuration.ts';

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

type Outputs = TrainingConfiguration['outputs'];

/** Settings whose Output was renamed or removed, and the only Output without settings that could take them. */
export function strandedSettings(outputs: Outputs, names: readonly string[]): { from: string; to: string | null }[] {
  const stranded = Object.keys(outputs).filter((name) => !names.includes(name));
  const free = names.filter((name) => !Object.hasOwn(outputs, name));
  return stranded.map((from) => ({ from, to: free.length === 1 ? free[0]! : null }));
}

/** The settings of one name given to another, or with null to none. */
export function movedSettings(outputs: Outputs, from: string, to: string | null): Outputs {
  const { [from]: settings, ...others } = outputs;
  return settings === undefined || to === null ? others : { ...others, [to]: settings };
}
