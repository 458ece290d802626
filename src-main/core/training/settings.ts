import { AppError } from '../../../src-shared/errors/app-error.ts';
import { issuesText } from '../../../src-shared/text/issue-text.ts';
import { nearestNames } from '../../../src-shared/text/suggest.ts';
import { trainingConfigurationSchema } from '../../../src-shared/training/configuration/configuration.ts';
import type { TrainingConfiguration } from '../../../src-shared/training/configuration/configuration.ts';
import { withEpochs } from '../../../src-shared/training/configuration/phases.ts';

/** One setting of a configuration. */
export interface Setting {
  /** 'earlyStopping.patience'. */
  readonly path: string;
  /** Null: null if the setting may be null; otherwise removes it. */
  readonly value: unknown;
}

/**
 * A configuration with some settings changed. Objects on the path that are absent begin with their defaults.
 *
 * @throws AppError 'training/bad-setting'.
 */
export function withSettings(
  configuration: TrainingConfiguration,
  settings: readonly Setting[],
): TrainingConfiguration {
  return settings.reduce(withSetting, configuration);
}

function withSetting(configuration: TrainingConfiguration, { path, value }: Setting): TrainingConfiguration {
  const keys = path.split('.');
  const asked =
    path === 'epochs' && typeof value === 'number' ? withEpochs(configuration, value) : put(configuration, keys, value);
  let result = trainingConfigurationSchema.safeParse(asked);
  if (!result.success && value === null) result = trainingConfigurationSchema.safeParse(put(configuration, keys));
  if (!result.success) throw badSetting(path, `${issuesText(result.error, asked, 1)}.`);
  checkKnown(path, keys, value, result.data);
  return result.data;
}

/** A copy with a value at a path, or without it where the value is undefined. */
function put(parent: unknown, [key = '', ...rest]: readonly string[], value?: unknown): unknown {
  const fields = isFields(parent) ? parent : {};
  const next = rest.length === 0 ? value : put(Object.hasOwn(fields, key) ? fields[key] : undefined, rest, value);
  const { [key]: _, ...others } = fields;
  return next === undefined ? others : { ...others, [key]: next };
}

/** The schema removes unknown settings without an error. @throws AppError 'training/bad-setting' for them. */
function checkKnown(path: string, keys: readonly string[], value: unknown, configuration: TrainingConfiguration): void {
  let parent: unknown = configuration;
  for (const [depth, key] of keys.entries()) {
    const fields = isFields(parent) ? parent : {};
    const known = depth === 0 ? Object.keys(trainingConfigurationSchema.shape) : Object.keys(fields);
    if (!known.includes(key) && !(value === null && depth === keys.length - 1)) {
      const near = nearestNames(key, known);
      const names = near.length > 0 ? near : known;
      const within = depth === 0 ? 'a training configuration' : keys.slice(0, depth).join('.');
      throw badSetting(path, `expected a setting of ${within} (${names.join(', ')}), received '${key}'.`);
    }
    parent = fields[key];
  }
}

function badSetting(path: string, fault: string): AppError {
  return new AppError('training/bad-setting', `The setting ${path} cannot be changed: ${fault}`, { path });
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
