import { describe, expect, it } from 'vitest';
import { withSettings } from '../../src-main/core/training/settings.ts';
import { defaultTrainingConfiguration as defaults } from '../../src-shared/training/configuration/configuration.ts';

const set = (path: string, value: unknown, of = defaults) => withSettings(of, [{ path, value }]);

describe('a setting by its name', () => {
  it('is changed in its object; one that is absent begins with its defaults', () => {
    expect(set('epochs', 3)).toEqual({ ...defaults, epochs: 3 });
    expect(set('optimizer.learningRate', 0.5).optimizer).toEqual({ ...defaults.optimizer, learningRate: 0.5 });
    const stopping = set('earlyStopping.patience', 5);
    expect(stopping.earlyStopping).toEqual({
      monitor: 'val_loss',
      mode: 'auto',
      patience: 5,
      minDelta: 0,
      startFromEpoch: 0,
      baseline: null,
      restoreBestWeights: true,
    });
    expect(set('earlyStopping.monitor', 'val_accuracy', stopping).earlyStopping).toMatchObject({ patience: 5 });
    expect(set('metrics', ['mae']).metrics).toEqual(['mae']);
  });

  it('is absent after null where it can be', () => {
    const stopping = set('earlyStopping', {});
    expect(set('earlyStopping', null, stopping)).toEqual(defaults);
    expect(set('earlyStopping.baseline', null, set('earlyStopping.baseline', 0.5)).earlyStopping!.baseline).toBeNull();
  });

  it('takes its default after null where it has one', () => {
    expect(set('earlyStopping.patience', null, set('earlyStopping.patience', 5)).earlyStopping!.patience).toBe(0);
  });

  it.each([
    ['epoch', 3],
    ['epochs', 'many'],
    ['earlyStopping.patient', 3],
    ['earlyStopping.patience', -1],
    ['optimizer.learningRate.x', 1],
    ['__proto__.epochs', 3],
    ['seed', null],
  ])('is refused: %s = %j', (path, value) => {
    expect(() => set(path, value)).toThrow(expect.objectContaining({ code: 'training/bad-setting' }));
  });
});
