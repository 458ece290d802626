import { randomFrozenAtStart } from '../../../src-shared/diagnostics/checks/random-frozen.ts';
import type { StartedModel } from '../../../src-shared/diagnostics/checks/random-frozen.ts';
import type { StartOptions } from '../../state/runs-store.svelte.ts';
import type { Studio } from '../../state/studio.svelte.ts';

/** Frozen layers that a training would begin with at random. A resumed or repeated run has what it had. */
export async function layersLeftRandom(studio: Studio, { repeat, continueFrom }: StartOptions): Promise<string[]> {
  const { client, model, dataset, configuration, analysis } = studio;
  const { features } = dataset;
  if (repeat !== undefined || continueFrom?.mode === 'resume' || continueFrom?.settings === 'run') return [];
  if (features === null || analysis.errors.length > 0) return [];
  const start = { model: model.whole, features, configuration: configuration.value };
  if (randomFrozenAtStart(start, null).length === 0) return [];
  return randomFrozenAtStart(start, continueFrom === undefined ? null : await modelOf(client, continueFrom.runId));
}

async function modelOf(client: Studio['client'], runId: string): Promise<StartedModel | null> {
  const { model, featureSpec, configuration } = await client.request('runs.get', { runId });
  return featureSpec === null ? null : { model, features: featureSpec, configuration };
}
