import type { CompiledModel } from '../../../src-shared/compiler/graph/compiled.ts';
import { monitoredMetrics } from '../../../src-shared/training/callbacks/monitor.ts';
import type { TrainingConfiguration } from '../../../src-shared/training/configuration/configuration.ts';
import { bestEpoch } from './best-epoch.ts';
import type { CallContext, Callback, Effect, EpochContext } from './callback.ts';
import { earlyStopping } from './early-stopping.ts';
import { plateau } from './plateau.ts';
import type { CallbackStates } from './states.ts';
import { stopOnNan } from './stop-on-nan.ts';

interface Outcome {
  readonly states: CallbackStates;
  readonly effects: readonly Effect[];
}

type Asked = (context: CallContext | EpochContext, states: CallbackStates) => Outcome;

function withState<Name extends keyof CallbackStates>(name: Name, callback: Callback<CallbackStates[Name]>): Asked {
  return (context, states) => {
    if (callback.every === 'epoch' && context.at === 'call') return { states, effects: [] };
    const { state, effects = [] } =
      callback.every === 'call'
        ? callback.on(context, states[name])
        : callback.on(context as EpochContext, states[name]);
    return { states: { ...states, [name]: state }, effects };
  };
}

/** The callbacks of a run, in call order. */
export class Callbacks {
  readonly #asked: readonly Asked[];

  /**
   * @param validates True if there are validation rows.
   * @throws AppError 'training/bad-monitor' if a metric that is watched does not exist, or has no direction.
   */
  constructor(configuration: TrainingConfiguration, model: Pick<CompiledModel, 'metrics'>, validates: boolean) {
    const metrics = monitoredMetrics(model.metrics, validates);
    const { schedule, earlyStopping: stopping } = configuration;
    this.#asked = [
      withState('stopOnNan', stopOnNan),
      withState('bestEpoch', bestEpoch(configuration, metrics)),
      ...(schedule.kind === 'performance' ? [withState('plateau', plateau(schedule))] : []),
      ...(stopping === undefined ? [] : [withState('earlyStopping', earlyStopping(stopping, metrics))]),
    ];
  }

  /** Calls each callback in order; stops after one that fails the run. */
  on(context: CallContext | EpochContext, before: CallbackStates): Outcome {
    let states = before;
    const effects: Effect[] = [];
    for (const ask of this.#asked) {
      const outcome = ask(context, states);
      states = outcome.states;
      effects.push(...outcome.effects);
      if (outcome.effects.some(({ kind }) => kind === 'fail')) break;
    }
    return { states, effects };
  }
}
