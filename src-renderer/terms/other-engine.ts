import type { EngineStatus } from '../../src-shared/contract/contract.ts';
import { engineTitles } from '../../src-shared/training/run/run.ts';
import type { EngineName } from '../../src-shared/training/run/run.ts';

/**
 * What happens where a run's engine cannot be used here.
 *
 * @param engines Empty while they are not known.
 * @returns Null where the run goes on with its engine, or no engine is ready.
 */
export function otherEngineWords(
  engine: EngineName | null,
  engines: readonly EngineStatus[],
  purpose: 'resume' | 'repeat',
): string | null {
  const own = engines.find(({ name }) => name === engine);
  const other = engines.find(({ name, state }) => name !== engine && state === 'ready');
  if (engine === null || own === undefined || own.state === 'ready' || other === undefined) return null;
  const digits = purpose === 'repeat' ? 'The numbers cannot be the same bits' : 'The last digits may differ';
  return `${engineTitles[engine]} trained this run and is ${own.state} here; ${engineTitles[other.name]} trains instead. ${digits}.`;
}
