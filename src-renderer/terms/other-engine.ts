import type { EngineStatus } from '../../src-shared/contract/contract.ts';
import { engineTitles, type EngineName } from '../../src-shared/training/run/run.ts';

/**
 * Warns that another engine will train, because the engine of the run is not ready on this machine.
 *
 * @param engines Empty until they are known.
 * @returns Null if the engine of the run is ready, or none is.
 */
export function otherEngineWords(
  engine: EngineName | null,
  engines: readonly EngineStatus[],
  purpose: 'resume' | 'repeat',
): string | null {
  const own = engines.find(({ name }) => name === engine);
  const other = engines.find(({ name, state }) => name !== engine && state === 'ready');
  if (engine === null || own === undefined || own.state === 'ready' || other === undefined) return null;
  const effect = purpose === 'repeat' ? 'The results will not be bit-identical' : 'The last digits may differ';
  return `${engineTitles[engine]} trained this run and is ${own.state} here; ${engineTitles[other.name]} trains instead. ${effect}.`;
}
